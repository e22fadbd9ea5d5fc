/** A guest's file that was changed on purpose. */
export interface Variant {
  readonly name: string;
  readonly bytes: Buffer;
  /** What is wrong, or odd, about it. */
  readonly what: string;
  /** Solo5's own tender lets this one through; we refuse more. */
  readonly solo5?: 'accepts';
}
