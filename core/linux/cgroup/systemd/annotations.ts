/**
 * Properties of the unit from annotations: `org.systemd.property.NAME`, with a value in the text form of GVariant (runc,
 * docs/systemd.md, "Auxiliary properties"). Engines take annotations from images, too, so that only properties are let
 * through that say how the container is limited, ordered and ended: no jobs for other units.
 */
import { RunncError } from '../../../errors.ts';
import type { Property } from './properties.ts';

const prefix = 'org.systemd.property.';
const harmless =
  /^((After|Before|Description|KillSignal|FinalKillSignal|SendSIGHUP|SendSIGKILL|(TimeoutStop|RuntimeMax)U?Sec)|(CPU|Memory|IO|Tasks|ManagedOOM)[A-Z]\w*|OOMPolicy)$/;

/** @throws RunncError ERR_CGROUP for another property, or a value of another form */
export function propertiesOf(annotations: Readonly<Record<string, string>>): readonly Property[] {
  return Object.entries(annotations).flatMap(([annotation, value]) => {
    if (!annotation.startsWith(prefix)) return [];
    const name = annotation.slice(prefix.length);
    if (!harmless.test(name)) {
      throw new RunncError('ERR_CGROUP', `annotation ${annotation} sets a property that a container's unit is not given`, {
        hint: 'properties that limit, order or end the unit are passed on: see docs/cgroups.md',
      });
    }
    const words = wordsOf(value.trim());
    if (!words) {
      throw new RunncError('ERR_CGROUP', `annotation ${annotation} has the value ${JSON.stringify(value)}, which is not read`, {
        hint: "a value reads true, 5, uint64 5, 'text' or ['text', 'text']",
      });
    }
    return [inSeconds(name, words.join(' '))];
  });
}

/** A number, a boolean, a text, or a list of texts; the type before it says nothing that its name does not. */
function wordsOf(value: string): readonly string[] | undefined {
  const [, plain] = /^(?:(?:byte|u?int(?:16|32|64)|@[a-z]+) )?(-?\d+|true|false)$/.exec(value) ?? [];
  if (plain !== undefined) return [plain];
  const bare = value.replace(/^@\w+ /, '');
  const list = /^\[(.*)\]$/.exec(bare)?.[1];
  const texts = list === undefined ? [bare] : list.split(/, */);
  const inner = texts.map((text) => /^(?:'([^'"\\\n]*)'|"([^'"\\\n]*)")$/.exec(text.trim()));
  return inner.every((match) => match !== null) ? inner.map((match) => match?.[1] ?? match?.[2] ?? '') : undefined;
}

/** On the bus times are in microseconds (`...USec`); as options of systemd's programs they have a unit. */
function inSeconds(name: string, value: string): Property {
  if (!/^\d+$/.test(value) || !name.endsWith('Sec')) return `${name}=${value}`;
  return name.endsWith('USec') ? `${name.slice(0, -'USec'.length)}Sec=${value}us` : `${name}=${value}s`;
}
