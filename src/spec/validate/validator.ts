/** The types of what scripts/compile-schemas.mjs generates. */

/** All places where the schema is violated, or null if there are none. */
export type FindFaults = (data: unknown) => SchemaFault[] | null;

export interface SchemaFault {
  readonly pointer: string;
  /** What is violated: `type`, `enum`, `required`, `pattern`, `exactInteger`. */
  readonly keyword: string;
  /** The member that is missing, of `required`. */
  readonly missing: string | undefined;
}

/** What the schema says about one place of the document. */
export interface Shape {
  /** In words that follow "must be": `an array of strings`. */
  readonly expected: string;
  /** A value that fits, for a leaf. */
  readonly blank?: string | number | boolean;
  readonly required?: readonly string[];
  /** Known members of an object. Others are allowed, and unknown, unless `values` describes them. */
  readonly members?: Readonly<Record<string, Shape>>;
  /** Every member of a map. */
  readonly values?: Shape;
  readonly items?: Shape;
}
