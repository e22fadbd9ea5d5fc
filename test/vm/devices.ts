/** The script for guests with devices and for those that run on: each part is headed by `== NAME`. Run by busybox sh in the machine. */

import { defaultSpec } from '../../core/oci/default-spec.ts';

/** A config.json with places for the guest's words and its environment. */
export function configTemplate(): string {
  const spec = defaultSpec();
  const config = {
    ...spec,
    root: { path: 'rootfs', readonly: false },
    process: { ...spec.process, terminal: false, args: ['@args@'], env: ['PATH=/', '@env@'] },
    linux: { ...spec.linux, resources: { memory: { limit: 64 << 20 } } },
  };
  return JSON.stringify(config).replace('"@args@"', '@args@').replace('"@env@"', '@env@');
}

/** bundle GUEST.TENDER ENV ARGS: a container's bundle with a root of its own, which becomes the working directory. */
export const deviceFunctions = `
bundle() {
  place=/run/devices/$1; mkdir -p $place; rm -rf $place/*; cd $place
  mkdir rootfs; cp -r /vm/rootfs/. rootfs/; cp /vm/guests/$1 rootfs/guest
  env=$2; shift 2; args='"/guest"'
  for word in "$@"; do args="$args, \\"$word\\""; done
  sed -e "s|@args@|$args|" -e "s|@env@|$env|" /vm/config.json > config.json
}
# Not busybox's own, which it prefers to the file.
ip=/usr/sbin/ip
heading() { echo; echo "== $1"; }
# Waits for a line of a container's output, in the file out.
says() { for n in $(seq 300); do grep -q "$1" out && return; sleep 0.1; done; echo "never said $1"; cat out; }
`;

const block = (tender: string) => `
heading 'block ${tender}'
bundle raw-blocks.${tender} '"RUNNC_BLOCK_storage=/disk.img"' read 0 write 15 written read 15
runnc run b 2>&1
printf 'in the file: '; dd if=rootfs/disk.img bs=512 skip=15 2>/dev/null | tr -d '\\000'

heading 'root ${tender}'
bundle list-iso.${tender} '"A=b"' read /etc/greeting
runnc run r 2>&1`;

const stop = (tender: string) => `
heading 'stop ${tender}'
bundle sleep.${tender} '"A=b"' 1000
( runnc run s > out 2>&1; printf $? > status ) &
says sleeping
runnc kill s TERM
wait
cat status`;

const sleeping = (tender: string) => `
heading 'sleeping ${tender}'
bundle sleep.${tender} '"A=b"' 1000
runnc create --pid-file pid s > out 2>&1 || cat out
runnc start s; says sleeping
grep -E '^[0-9a-f]+-|^Rss:' /proc/$(cat pid)/smaps; echo --; cat /proc/$(cat pid)/status
runnc delete --force s`;

/** @param options global options of runnc for `create` */
export const net = (tender: string, heading = `net ${tender}`, options = '') => `
heading '${heading}'
bundle netserver.${tender} '"A=b"' 'ip={ipv4}' 'gw={gateway4}'
runnc ${options} create --pid-file pid n > out 2>&1 || cat out
$ip link add outside type veth peer name eth0 netns $(cat pid)
$ip address add 10.1.0.1/24 dev outside; $ip link set outside up
nsenter --net=/proc/$(cat pid)/ns/net $ip address add 10.1.0.2/24 dev eth0
nsenter --net=/proc/$(cat pid)/ns/net $ip link set eth0 up
runnc start n 2>&1
says serving
ping -c 1 -W 5 10.1.0.2 | grep -o '1 packets received'
wget -q -O - http://10.1.0.2/
runnc delete --force n; $ip link delete outside 2>/dev/null`;

/** What guests of a tender do with devices, and how they stop. */
export const devicesUnder = (tender: string) => stop(tender) + block(tender) + net(tender);

export const devicesScript = `
${deviceFunctions}
${['spt', 'hvt'].map((tender) => [sleeping, stop, block, net].map((part) => part(tender)).join('\n')).join('\n')}

heading foreign
bundle hello.spt '"A=b"'
# The machine's number in the ELF header: 62, x86_64.
printf '\\076' | dd of=rootfs/guest bs=1 seek=18 conv=notrunc 2>/dev/null
runnc run f 2>&1
heading end`;
