/**
 * Observes: adds one line to a journal for each container that starts or stops, and writes the sums as a file that the textfile
 * collector of Prometheus' node_exporter reads. An appended line needs no lock, however many containers start at once.
 */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const events = /** @type {const} */ (['created', 'started', 'stopped', 'deleted']);

/** @type {import('runnc/plugin').Plugin<{ directory: string }>} */
export default {
  name: 'prometheus',
  api: 1,
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      directory: {
        title: 'an absolute path',
        description: "node_exporter's --collector.textfile.directory",
        type: 'string',
        pattern: '^/',
        default: '/var/lib/prometheus/node-exporter',
      },
    },
  },
  apply({ hooks }, { directory }) {
    for (const event of events) {
      hooks[event].tap('prometheus', () => count(directory, event));
    }
  },
};

/**
 * One byte for each event of a kind: the size of the file is the sum.
 *
 * @param {string} directory
 * @param {string} event
 */
function count(directory, event) {
  mkdirSync(directory, { recursive: true });
  const journal = path.join(directory, `.runnc-${event}`);
  appendFileSync(journal, '.');
  const metrics = events.flatMap((name) => {
    const metric = `runnc_containers_${name}_total`;
    return [`# HELP ${metric} Containers that were ${name}.`, `# TYPE ${metric} counter`, `${metric} ${sum(directory, name)}`];
  });
  const temporary = path.join(directory, `.runnc.prom.${process.pid}`);
  writeFileSync(temporary, `${metrics.join('\n')}\n`, { mode: 0o644 });
  renameSync(temporary, path.join(directory, 'runnc.prom'));
}

/** @param {string} directory @param {string} event */
function sum(directory, event) {
  try {
    return readFileSync(path.join(directory, `.runnc-${event}`)).length;
  } catch {
    return 0; // None yet.
  }
}
