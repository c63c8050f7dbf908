import type { ReactNode } from 'react'
import { formatBps, formatInteger, formatTime, millis } from '../format'
import type { Job, PaymentMint, Strategy } from '../schema'
import { jobPrice, seatPrice, strategyWords } from '../strategy'
import { Ago } from './Ago'
import { Asy, Payment } from './Amount'
import { Copyable } from './Copyable'

const ENGINES = ['WebAssembly', 'containers', 'encrypted (TFHE)']

/** What a machine needs, in words; what is 0 is not asked for. */
function needsWords({ cores, memory_mib, disk_gib, gpus, gpu_memory_mib, verified }: Job['requirements']): string {
  const gpu = `${gpus} GPU${gpus === 1 ? '' : 's'} of ${formatInteger(BigInt(gpu_memory_mib))} MiB`
  return [
    `${cores} ${cores === 1 ? 'core' : 'cores'}`,
    `${formatInteger(BigInt(memory_mib))} MiB`,
    disk_gib > 0 && `${formatInteger(BigInt(disk_gib))} GiB of disk`,
    gpus > 0 && gpu,
    verified && 'verified',
  ]
    .filter(Boolean)
    .join(', ')
}

/** What was asked for, and at what price. */
export function JobFacts({ job, mints }: { job: Job; mints: PaymentMint[] }) {
  const needs = job.requirements
  return (
    <>
      <dl className="grid gap-y-4">
        <Fact name="Spec hash">
          <Copyable text={job.spec_hash} what="spec hash" keep="full" />
        </Fact>
        <Fact name="Spec">
          <SpecUri uri={job.uri} />
        </Fact>
      </dl>
      <dl className="mt-6 grid grid-cols-2 gap-x-6 gap-y-4 border-t border-rule pt-5 sm:grid-cols-4">
        <Fact name="Judged by">
          {strategyWords(job.strategy)}
          <Trusted strategy={job.strategy} />
        </Fact>
        <Fact name="Price">
          <Payment base={jobPrice(job)} mint={job.mint} mints={mints} />
        </Fact>
        <Fact name="For each seat">
          <Payment base={job.seat_price} mint={job.mint} mints={mints} />
          {'Sampled' in job.strategy && (
            <Note>
              <Payment base={seatPrice(job, 1)} mint={job.mint} mints={mints} /> in the committee
            </Note>
          )}
          <Note>{formatBps(job.fee_bps)} fee in it</Note>
        </Fact>
        <Fact name="At stake, each seat">
          <Asy base={job.exposure} />
          <Note>
            <Asy base={job.bond} /> if it never seals
          </Note>
        </Fact>
        <Fact name="Paid in">
          <Copyable text={job.mint} what="mint" />
        </Fact>
        <Fact name="Units">{formatInteger(job.units)}</Fact>
        <Fact name="Engine">
          {ENGINES[needs.engine] ?? `number ${needs.engine}`}
          <Note>class {job.class}</Note>
        </Fact>
        <Fact name="Needs">
          {needsWords(needs)}
        </Fact>
        <Fact name="Requester">
          <Copyable text={job.requester} what="requester" href={`/jobs?requester=${job.requester}`} />
        </Fact>
        <Fact name="Posted">
          {formatTime(millis(job.posted_at))}
          <Note>
            <Ago ms={millis(job.posted_at)} />
          </Note>
        </Fact>
        <Fact name="Seal by">
          {formatTime(millis(job.seal_by))}
          <Note>
            <Ago ms={millis(job.seal_by)} />
          </Note>
        </Fact>
      </dl>
    </>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="label">{name}</dt>
      <dd className="mt-0.5">{children}</dd>
    </div>
  )
}

const Note = ({ children }: { children: ReactNode }) => <div className="text-[0.8125rem] text-soft">{children}</div>

/** The key or the registrar whose word counts, where it is somebody's. */
function Trusted({ strategy }: { strategy: Strategy }) {
  if ('Proven' in strategy) {
    return (
      <Note>
        key <Copyable text={strategy.Proven.key} what="proof key" />
      </Note>
    )
  }
  if ('Attested' in strategy) {
    return (
      <Note>
        of <Copyable text={strategy.Attested.registrar} what="registrar" />
      </Note>
    )
  }
  return null
}

/** A stranger wrote this: it is a link only when it leads to the web, and always shown whole, so it can be judged. */
function SpecUri({ uri }: { uri: string }) {
  const look = 'font-mono text-[0.8125rem] break-all'
  if (!/^https?:\/\//i.test(uri)) return <bdi className={look}>{uri || 'none'}</bdi>
  return (
    <a className={`${look} link`} href={uri} target="_blank" rel="noopener noreferrer nofollow">
      <bdi>{uri}</bdi>
    </a>
  )
}
