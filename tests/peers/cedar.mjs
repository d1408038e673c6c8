// Times @cedar-policy/cedar-wasm over a hundred policies and one request, in a process of its own:
// `node cedar.mjs SAMPLES` answers {policies, verdict, p50_ns, p99_ns}. The policies are those of
// bench/cases/hundred in Cedar's words: a team may read and list its own buckets.
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'

const count = 100
let text = ''
for (let i = 0; i < count; ++i) {
  text += `permit(principal, action in [Action::"GetObject", Action::"ListBucket"], resource in Bucket::"bucket-${i}")
    when { principal.team == "team-${i}" };\n`
}
const parsed = preparsePolicySet('hundred', { staticPolicies: text })
if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed))

const asked = {
  principal: { type: 'User', id: 'alice' },
  action: { type: 'Action', id: 'GetObject' },
  resource: { type: 'Object', id: 'bucket-77/report.csv' },
  context: {},
  preparsedPolicySetId: 'hundred',
  entities: [
    { uid: { type: 'User', id: 'alice' }, attrs: { team: 'team-77' }, parents: [] },
    { uid: { type: 'Object', id: 'bucket-77/report.csv' }, attrs: {}, parents: [{ type: 'Bucket', id: 'bucket-77' }] }
  ]
}
const samples = Number(process.argv[2])
const taken = new Float64Array(samples)
let answer
for (let round = 0; round < 2; ++round) { // the first until it is compiled
  for (let i = 0; i < samples; ++i) {
    const began = process.hrtime.bigint()
    answer = statefulIsAuthorized(asked)
    taken[i] = Number(process.hrtime.bigint() - began)
  }
}
taken.sort()
const at = quantile => taken[Math.floor(quantile * (samples - 1))]
console.log(JSON.stringify({ policies: count, verdict: answer.response.decision, p50_ns: at(0.5), p99_ns: at(0.99) }))
