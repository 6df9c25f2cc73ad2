/** One complaint of a validator that ajv has compiled, now or ahead of time. */
export interface SchemaError {
  /** A JSON pointer to the value. */
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
  /** The schema that has the keyword. */
  readonly parentSchema?: Readonly<Record<string, unknown>>;
  readonly propertyName?: string;
}

/** A validator that is compiled ahead of time. */
export interface SchemaValidator {
  (value: unknown): boolean;
  errors?: readonly SchemaError[] | null;
}

/**
 * Validators by the `$id` of their schema. None when run from the sources: `scripts/build.mjs` writes those of the config
 * and of our own plugins over what `tsc` makes of this file, because to load ajv and to compile them takes 100 ms of a start.
 */
export const precompiled: ReadonlyMap<string, SchemaValidator> = new Map();
