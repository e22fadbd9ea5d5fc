/** Settings of the kernel for a network namespace: files below /proc/sys/net. All of this is to be called in that namespace. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** By file, what it says. */
export type Settings = Readonly<Record<string, string>>;

const pathOf = (file: string) => `/proc/sys/net/${file}`;

/** Kernels without IPv6, or before it could forward for one interface, lack some; an interface may be gone. */
export const hasSetting = (file: string): boolean => existsSync(pathOf(file));

export const readSetting = (file: string): string => readFileSync(pathOf(file), 'utf8').trim();

/** What these say now, but for those that are not there. */
export const readSettings = (files: readonly string[]): Settings =>
  Object.fromEntries(files.filter(hasSetting).map((file) => [file, readSetting(file)]));

/** Passes over those that are not there. */
export function writeSettings(settings: Settings): void {
  for (const [file, value] of Object.entries(settings)) {
    if (hasSetting(file)) writeFileSync(pathOf(file), value);
  }
}
