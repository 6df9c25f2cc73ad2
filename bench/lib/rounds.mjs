/**
 * Measures every candidate once a round, each round in another order: what drifts on the machine, and what the one before
 * leaves behind, meets them all alike. Answers name -> values by round. A peer that fails is left out, with the reason in `missing`.
 */
export async function runRounds(candidates, { rounds, warmUp = false, onMeasure = () => {} }) {
  const samples = new Map(candidates.map(({ name }) => [name, []]));
  for (let round = warmUp ? -1 : 0; round < rounds; round++) {
    for (const candidate of shuffled(candidates)) {
      if (!takesPart(candidate, round)) continue;
      onMeasure(candidate, round);
      const values = await attempt(candidate);
      if (round >= 0 && values !== undefined) samples.get(candidate.name)[round] = values;
    }
  }
  return samples;
}

/** `maxRounds` is for the slow: they sit out the warm-up and the later rounds. */
function takesPart({ missing, maxRounds }, round) {
  if (missing !== undefined) return false;
  return maxRounds === undefined || (round >= 0 && round < maxRounds);
}

async function attempt(candidate) {
  try {
    return await candidate.measure();
  } catch (error) {
    if (!candidate.isPeer) throw error;
    candidate.missing = `failed: ${error.message.split('\n').slice(0, 2).join(' ')}`;
    return undefined;
  }
}

function shuffled(items) {
  const drawn = items.map((item) => ({ item, place: Math.random() }));
  return drawn.sort((one, other) => one.place - other.place).map(({ item }) => item);
}
