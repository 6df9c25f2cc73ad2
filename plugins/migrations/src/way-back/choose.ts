import type { Judgement, Verdict } from '../analyse.js';

/** How the old code comes back behind some migrations: the newest are taken back, the others stay. */
export interface Choice {
  /** Newest first. */
  readonly downs: readonly Judgement[];
  /** Newest first. */
  readonly kept: readonly Judgement[];
  /** The worst verdict of all that is done or kept. */
  readonly level: Verdict;
}

const RANK: Readonly<Record<Verdict, number>> = { ok: 0, warn: 1, block: 2 };

/** The least that must be taken back, so that the old code works: keeping the schema loses nothing. Oldest first. */
export function chooseWay(judgements: readonly Judgement[]): Choice {
  const newestFirst = [...judgements].reverse();
  const choices = Array.from({ length: newestFirst.length + 1 }, (_, count): Choice => {
    const [downs, kept] = [newestFirst.slice(0, count), newestFirst.slice(count)];
    const verdicts = [...downs.map(({ run_down }) => run_down), ...kept.map(({ keep_schema }) => keep_schema)];
    return { downs, kept, level: verdicts.reduce((worst, each) => (RANK[each] > RANK[worst] ? each : worst), 'ok' as Verdict) };
  });
  return choices.reduce((best, each) => (RANK[each.level] < RANK[best.level] ? each : best));
}

/** Why neither will do, a line for each migration that stands in the way. */
export function blocksOf({ kept, downs }: Choice): string[] {
  return [...kept, ...downs].flatMap((judgement) => {
    const { id, name, keep_schema, run_down, reasons } = judgement;
    const why = (verdict: 'keep_schema' | 'run_down') =>
      reasons
        .filter((each) => each.verdict === verdict && each.level !== 'info')
        .map(({ rule, file, line, hint }) => `${file}:${line} ${rule}${hint === '' ? '' : ` (${hint})`}`)
        .slice(0, 3)
        .join(', ');
    if (keep_schema !== 'block' && run_down !== 'block') return [];
    const parts = [
      ...(keep_schema === 'block' ? [`the old code does not get along with it: ${why('keep_schema')}`] : []),
      ...(run_down === 'block' ? [`its down must not run: ${why('run_down')}`] : []),
    ];
    return [`${named({ id, name })}: ${parts.join('; ')}`];
  });
}

export const named = ({ id, name }: Pick<Judgement, 'id' | 'name'>): string => (name === '' || id.includes(name) ? id : `${id} ${name}`);

/** The old code does not get along with what it has made. */
export const breaksOldCode = ({ keep_schema }: Judgement): boolean => keep_schema === 'block';
