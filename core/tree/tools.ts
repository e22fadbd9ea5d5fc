/** What plugins that make images of file trees are handed (`Host.trees`). */
export { readContents } from './contents.ts';
export { emptySlot, grafted, withSlots } from './grafts.ts';
export { emptyVolumes, isOfHost, mountsOf } from './mounts.ts';
export { filesAtStart } from './network-files.ts';
export { openFolder, within } from './open.ts';
export { imageLimits, isRootDevice } from './root-device.ts';
export { readTree, stampOf } from './tree.ts';
export { volumeDevices } from './volume-devices.ts';
