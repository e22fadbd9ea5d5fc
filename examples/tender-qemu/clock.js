/**
 * What Linux is told of its clocks when qemu translates. It measures them at boot by loops that have to run without a pause, and a busy machine
 * pauses qemu's thread for longer than they last: on pc it then finds that no timer works, and panics; on microvm, where the one clock besides
 * cannot be measured, it waits for ever. Under KVM it is told by KVM.
 */
import { readFileSync } from 'node:fs';

/** The check of the timer (arch/x86/kernel/apic/io_apic.c, timer_irq_works) counts ticks while it loops: qemu's timer is known to work. */
const timerWorks = 'no_timer_check';
const cpuinfo = '/proc/cpuinfo';
const clockSources = '/sys/devices/system/clocksource/clocksource0/available_clocksource';

/**
 * @param {(file: string) => string} read
 * @returns {string[]} words of a kernel's command line (Documentation/admin-guide/kernel-parameters.txt)
 */
export function clockWords(read = text) {
  const kHz = frequency(read(cpuinfo), read(clockSources));
  // The guest's counter is the machine's own, which its kernel has measured and keeps watch of.
  return kHz === undefined ? [timerWorks] : [timerWorks, `tsc_early_khz=${kHz}`, 'tsc=reliable'];
}

/**
 * How often the machine's time stamp counter ticks, in kHz: Linux says twice its MHz as `bogomips`, where it takes its delays from a counter
 * that is constant. Undefined where it does not, or does not trust the counter.
 *
 * @param {string} cpus @param {string} sources
 */
function frequency(cpus, sources) {
  if (!words(sources).includes('tsc')) return undefined;
  const flags = words(/^flags\s*:(.*)$/m.exec(cpus)?.[1] ?? '');
  if (!flags.includes('constant_tsc') || !flags.includes('nonstop_tsc')) return undefined;
  const kHz = Math.round(Number(/^bogomips\s*: (\d+\.\d\d)$/m.exec(cpus)?.[1]) * 500);
  return kHz > 0 ? kHz : undefined;
}

/** @param {string} text */
const words = (text) => text.trim().split(/\s+/);

/** @param {string} file */
function text(file) {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
