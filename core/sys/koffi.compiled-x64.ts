/** koffi's addon for x86_64, in executables for it (package.json, "#koffi"). */
import addon from '../../node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node' with { type: 'file' };
import { loadEmbedded } from './koffi.compiled.ts';

export default loadEmbedded(addon);
