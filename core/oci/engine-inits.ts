/** Where engines put the program that they run in front of the container's own with `--init` (Docker; Podman before 4, and since). */
export const engineInits = ['/sbin/docker-init', '/dev/init', '/run/podman-init'];
