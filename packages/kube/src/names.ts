import { errors } from './errors.js';

/** As Kubernetes has names of most things: RFC 1123, with dots where it is a subdomain. */
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** A name that stands in a command line, or in an address. Throws SHIP_KUBE_NAME for what Kubernetes would never take. */
export function checkedName(what: string, name: string): string {
  const isRight = what === 'namespace' ? LABEL.test(name) : SUBDOMAIN.test(name);
  if (!isRight) throw errors.SHIP_KUBE_NAME({ what, name });
  return name;
}

/** The name of a context: people call them as they like, `user@cluster` or an ARN; none begins with a dash or breaks a line. */
export function checkedContext(name: string): string {
  if (name === '' || name.startsWith('-') || /[\u0000-\u001f\u007f]/.test(name)) throw errors.SHIP_KUBE_NAME({ what: 'context', name });
  return name;
}
