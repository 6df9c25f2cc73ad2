import { decode, ExtData, encode } from '@msgpack/msgpack';

/** A value of Terraform's type system, as it goes over the wire. */
export interface DynamicValue {
  readonly msgpack?: Uint8Array;
}

/** What is only known after an apply. It is passed on as it came. */
export type Unknown = ExtData;

/** Is it only known after an apply? */
export const isUnknown = (value: unknown): value is Unknown => value instanceof ExtData;

/** An object of Terraform's; null where there is none. */
export const fromWire = <T>(value: DynamicValue | null | undefined): T | null =>
  value?.msgpack?.length ? (decode(value.msgpack) as T | null) : null;

/** The other way round. */
export const toWire = (value: object | null): DynamicValue => ({ msgpack: encode(value) });

/** A message of the provider's own; about an attribute, where it is about one. */
export interface Diagnostic {
  readonly severity: 'ERROR';
  readonly summary: string;
  readonly detail: string;
  readonly attribute?: { readonly steps: readonly { readonly attribute_name: string }[] };
}

/** Something that went wrong. */
export const failed = (summary: string, detail: string, attribute?: string): Diagnostic => ({
  severity: 'ERROR',
  summary,
  detail,
  ...(attribute === undefined ? {} : { attribute: pathOf(attribute) }),
});

/** An attribute, as the protocol names it. */
export const pathOf = (attribute: string) => ({ steps: [{ attribute_name: attribute }] });
