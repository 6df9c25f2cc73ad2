import { unindexed } from '../tool/address.js';
import type { PlanDocument, ResourceChange } from '../tool/plan-document.js';

/** What the plan of a rollback would do, and whether it may. */
export interface Verdict {
  /** One line a change. */
  readonly lines: readonly string[];
  /** Why it must not be applied: data would be lost. */
  readonly blocks: readonly string[];
  /** What may hold data and is destroyed all the same, because the run that is rolled back made it. */
  readonly warnings: readonly string[];
  /** `2 to create, 1 to destroy`. */
  readonly summary: string;
}

const VERBS: Readonly<Record<ResourceChange['kind'], string>> = {
  create: 'create',
  update: 'update',
  replace: 'replace',
  delete: 'destroy',
  forget: 'forget',
};

/**
 * Judges a plan. To destroy or replace something that holds data is a block; only a warning where `isNew` says that it
 * was made by what is rolled back.
 */
export function judge({ changes, outputs }: PlanDocument, holders: Holders, isNew: (address: string) => boolean): Verdict {
  const destroys = changes.filter((change) => (change.kind === 'delete' || change.kind === 'replace') && holdsData(change, holders));
  const harm = (change: ResourceChange) =>
    `would ${VERBS[change.kind]} ${change.address}, which may hold data${change.reason === undefined ? '' : ` (${reasonOf(change.reason)})`}`;
  return {
    lines: changes.map(lineOf),
    blocks: destroys.filter(({ address }) => !isNew(address)).map(harm),
    warnings: destroys.filter(({ address }) => isNew(address)).map((change) => `${harm(change)}; it was made by what is taken back now`),
    summary: summaryOf(changes, outputs),
  };
}

/** A change in one line: what, and which attributes; never their values. */
export function lineOf({ kind, address, attributes, reason }: ResourceChange): string {
  const what = attributes.length === 0 || kind === 'create' ? '' : ` (${attributes.join(', ')})`;
  return `${VERBS[kind]} ${address}${what}${reason === undefined ? '' : `: ${reasonOf(reason)}`}`;
}

/** `replace_because_tainted` in plain words. */
const reasonOf = (reason: string): string => reason.replace(/^(?:replace|delete|read)_because_/, '').replaceAll('_', ' ');

function summaryOf(changes: readonly ResourceChange[], outputs: readonly string[]): string {
  const counted = (Object.keys(VERBS) as ResourceChange['kind'][]).flatMap((kind) => {
    const count = changes.filter((change) => change.kind === kind).length;
    return count === 0 ? [] : [`${count} to ${VERBS[kind]}`];
  });
  if (counted.length > 0) return counted.join(', ');
  return outputs.length > 0 ? `outputs: ${outputs.join(', ')}` : 'nothing differs';
}

/**
 * Types that hold nothing but what their configuration says, so that a new one is as good as the old one. Every other type
 * counts as holding data until the options say otherwise: a wrong guess here costs a question, the other way round it costs data.
 */
const STATELESS = new Set([
  'null_resource',
  'terraform_data',
  'time_sleep',
  'time_offset',
  'local_file',
  'aws_alb',
  'aws_alb_listener',
  'aws_alb_listener_rule',
  'aws_alb_target_group',
  'aws_alb_target_group_attachment',
  'aws_appautoscaling_policy',
  'aws_appautoscaling_target',
  'aws_autoscaling_policy',
  'aws_cloudwatch_event_rule',
  'aws_cloudwatch_event_target',
  'aws_cloudwatch_metric_alarm',
  'aws_ecs_service',
  'aws_ecs_task_definition',
  'aws_iam_instance_profile',
  'aws_iam_policy',
  'aws_iam_policy_attachment',
  'aws_iam_role',
  'aws_iam_role_policy',
  'aws_iam_role_policy_attachment',
  'aws_lambda_alias',
  'aws_lambda_function',
  'aws_lambda_permission',
  'aws_launch_configuration',
  'aws_launch_template',
  'aws_lb',
  'aws_lb_listener',
  'aws_lb_listener_rule',
  'aws_lb_target_group',
  'aws_lb_target_group_attachment',
  'aws_network_acl_rule',
  'aws_route',
  'aws_route53_record',
  'aws_route_table_association',
  'aws_s3_bucket_policy',
  'aws_s3_bucket_public_access_block',
  'aws_security_group',
  'aws_security_group_rule',
  'aws_vpc_security_group_egress_rule',
  'aws_vpc_security_group_ingress_rule',
  'azurerm_application_gateway',
  'azurerm_lb',
  'azurerm_lb_rule',
  'azurerm_network_security_group',
  'azurerm_network_security_rule',
  'azurerm_role_assignment',
  'google_cloud_run_service',
  'google_cloud_run_v2_service',
  'google_compute_backend_service',
  'google_compute_firewall',
  'google_compute_forwarding_rule',
  'google_compute_health_check',
  'google_compute_instance_template',
  'google_compute_url_map',
  'google_project_iam_binding',
  'google_project_iam_member',
  'kubernetes_cluster_role',
  'kubernetes_cluster_role_binding',
  'kubernetes_config_map',
  'kubernetes_ingress_v1',
  'kubernetes_role',
  'kubernetes_role_binding',
  'kubernetes_service',
  'kubernetes_service_account',
]);

/** What may be destroyed, and what may not. */
export interface Holders {
  readonly stateful: readonly string[];
  readonly stateless: readonly string[];
  /** Addresses, without their index, that `prevent_destroy` protects. */
  readonly protected: readonly string[];
}

/** Does a resource hold data? An address wins over a type, and options win over the list above. */
export function holdsData(
  { address, type }: { readonly address: string; readonly type: string },
  { stateful, stateless, ...more }: Holders,
): boolean {
  const block = unindexed(address);
  const named = (list: readonly string[]) => list.includes(address) || list.includes(block);
  if (named(stateless)) return false;
  if (named(stateful) || more.protected.includes(block)) return true;
  if (stateless.includes(type)) return false;
  return stateful.includes(type) || !STATELESS.has(type);
}
