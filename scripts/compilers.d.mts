export type ArchitectureName = 'x86_64' | 'aarch64';
export const ownArchitecture: ArchitectureName;
export function architectureOf(processor: string): ArchitectureName;
export function compilerFor(architecture: ArchitectureName): string;
export function compilerPackages(architecture: ArchitectureName): string;
export function canCompileFor(architecture: ArchitectureName): boolean;
export function isInstalled(program: string): boolean;
