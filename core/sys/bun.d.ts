/** The little of Bun that the *.compiled*.ts files use; see bun.com/docs/runtime/ffi. */
declare module 'bun:ffi' {
  export const FFIType: {
    readonly cstring: 'cstring';
    readonly i32: 'i32';
    readonly u32: 'u32';
    readonly i64: 'i64';
    readonly u64: 'u64';
    readonly ptr: 'ptr';
  };
  /** The address of bytes. */
  export function ptr(bytes: Uint8Array): number;
  export const read: { i32(pointer: number, offset: number): number };
  export function dlopen<Name extends string>(
    library: string,
    declarations: Record<Name, { readonly args: readonly string[]; readonly returns: string }>,
  ): { readonly symbols: Record<Name, (...args: (number | Uint8Array)[]) => number> };
}

declare module '*.node' {
  /** Path of the embedded file. */
  const path: string;
  export default path;
}
