import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import { shorten } from '../format'

type Props = {
  text: string
  /** What it is, for the button's name: `address`, `signature`. */
  what: string
  /** Characters kept at each end; `full` shows all, wrapped. */
  keep?: number | 'full'
  href?: string
}

/** An address, hash or signature: its middle left out, the whole on hover and in the clipboard. */
export function Copyable({ text, what, keep = 4, href }: Props) {
  const shown = keep === 'full' ? text : shorten(text, keep, keep)
  const look = `font-mono text-[0.8125rem] ${keep === 'full' ? 'break-all' : 'whitespace-nowrap'}`
  return (
    <span className="inline-flex max-w-full items-center gap-0.5 align-baseline">
      {href === undefined ? (
        <span className={look} title={text}>
          {shown}
        </span>
      ) : (
        <Link className={`${look} link`} title={text} href={href}>
          {shown}
        </Link>
      )}
      <CopyButton text={text} what={what} />
    </span>
  )
}

function CopyButton({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1_500)
    return () => clearTimeout(timer)
  }, [copied])
  // Browsers offer the clipboard to secure pages only (https and localhost).
  if (!('clipboard' in navigator)) return null
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true), () => undefined)
  return (
    <button
      type="button"
      onClick={copy}
      aria-label={copied ? `Copied ${what}` : `Copy ${what} ${shorten(text)}`}
      title={copied ? 'Copied' : `Copy ${what}`}
      className={`-my-1 shrink-0 p-1 ${copied ? 'text-good' : 'text-soft hover:text-ink'}`}
    >
      <svg viewBox="0 0 16 16" className="size-3.5" fill="none" stroke="currentColor" strokeWidth="1.4" aria-hidden="true">
        {copied ? <path d="m3 8.5 3.5 3.5L13 4.5" /> : <path d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3" />}
      </svg>
      <span className="sr-only" aria-live="polite">
        {copied ? 'Copied' : ''}
      </span>
    </button>
  )
}
