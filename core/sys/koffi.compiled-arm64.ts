/** koffi's addon for aarch64, in executables for it (package.json, "#koffi"). */
import addon from '../../node_modules/@koromix/koffi-linux-arm64/linux_arm64/koffi.node' with { type: 'file' };
import { loadEmbedded } from './koffi.compiled.ts';

export default loadEmbedded(addon);
