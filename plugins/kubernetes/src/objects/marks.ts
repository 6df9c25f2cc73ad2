import { sha256 } from '@ship/core';
import type { KubeObject } from '@ship/kube';

/** Says whose an object is. One key, so that nobody else can claim it, too. */
export const OWNER = 'ship.component/name';
/** Says which version of the component made it so. */
export const VERSION = 'ship.component/version';
/** It was there before the component: it is changed, and never deleted. */
export const ADOPTED = 'ship.component/adopted';
/** All kinds that the component has objects of, so that those which no manifest names any more are found. */
export const KINDS = 'ship.component/kinds';

const LABEL = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** The value of {@link OWNER}; what is no label of Kubernetes, or too long, becomes a hash. */
export function ownerLabel(project: string, environment: string, component: string): string {
  const whole = `${project}.${environment}.${component}`;
  return LABEL.test(whole) ? whole : `ship-${sha256(whole).slice(0, 40)}`;
}

/** Whose an object is; undefined: nobody has claimed it. */
export const ownerOf = ({ metadata }: KubeObject): string | undefined => metadata.labels?.[OWNER];

/** An object with more labels and annotations. */
export function marked(
  object: KubeObject,
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
): KubeObject {
  const { metadata } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(Object.keys(labels).length === 0 ? {} : { labels: { ...metadata.labels, ...labels } }),
      annotations: { ...metadata.annotations, ...annotations },
    },
  };
}
