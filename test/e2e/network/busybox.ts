/** A busybox that runs in an image with nothing else: Debian's package busybox, where that is installed instead, is linked dynamically. */
import path from 'node:path';
import { unpackedPackage } from '../../vm/debian-package.ts';

export const busybox = path.join(await unpackedPackage('busybox-static'), 'bin/busybox');
