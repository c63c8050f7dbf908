import { type ReactNode, useEffect, useRef } from 'react'
import { Link, useLocation } from 'wouter'
import { formatInteger } from '../format'
import { type Connection, useFeed } from '../live'
import { useStats } from '../queries'

export function Layout({ children }: { children: ReactNode }) {
  const main = useRef<HTMLElement>(null)
  const [path] = useLocation()
  const before = useRef(path)
  // A new page starts at its top, and a screen reader goes on reading there.
  useEffect(() => {
    if (before.current === path) return
    before.current = path
    window.scrollTo(0, 0)
    main.current?.focus({ preventScroll: true })
  }, [path])

  return (
    <div className="mx-auto flex min-h-dvh max-w-6xl flex-col px-4 sm:px-8">
      <a href="#main" className="sr-only focus:not-sr-only focus:py-2">
        Skip to the content
      </a>
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2 pt-6 pb-3 sm:gap-x-8">
        <Link href="/" className="flex items-center gap-2.5" aria-label="Assay, overview">
          <Mark />
          <span className="font-serif text-2xl leading-none tracking-tight">Assay</span>
        </Link>
        <nav aria-label="Main" className="flex gap-4 sm:gap-6">
          <NavLink href="/" active={path === '/'}>
            Overview
          </NavLink>
          <NavLink href="/jobs" active={path.startsWith('/jobs')}>
            Jobs
          </NavLink>
          <NavLink href="/cases" active={path.startsWith('/cases')}>
            Cases
          </NavLink>
        </nav>
        <Status />
      </header>
      <div className="h-[5px] border-y border-edge" aria-hidden="true" />
      <main id="main" ref={main} tabIndex={-1} className="flex-1 pb-16 outline-none">
        {children}
      </main>
      <footer className="border-t border-rule py-5 text-sm text-soft">
        Nobody is paid on trust: what stands here is read from the chain. The same data as JSON:{' '}
        <a className="link" href="/v1/stats">
          /v1/stats
        </a>
        ,{' '}
        <a className="link" href="/openapi.json">
          /openapi.json
        </a>
      </footer>
    </div>
  )
}

function NavLink({ href, active, children }: { href: string; active: boolean; children: string }) {
  const look = active ? 'border-good' : 'border-transparent text-soft hover:text-ink'
  return (
    <Link href={href} aria-current={active ? 'page' : undefined} className={`border-b-2 py-1 ${look}`}>
      {children}
    </Link>
  )
}

const CONNECTION: Record<Connection, [text: string, dot: string]> = {
  connecting: ['Connecting', 'border border-soft'],
  live: ['Live', 'bg-good'],
  lost: ['Reconnecting', 'bg-warn'],
}

function Status() {
  const { connection } = useFeed()
  const { data } = useStats()
  const [text, dot] = CONNECTION[connection]
  return (
    <p className="ml-auto flex items-center gap-2 text-sm text-soft">
      <span className={`size-2 rounded-full ${dot}`} aria-hidden="true" />
      <span role="status">{text}</span>
      {data && <span className="hidden sm:inline">slot {formatInteger(data.slot)}</span>}
    </p>
  )
}

/** The house's mark: an A in an octagonal punch. */
function Mark() {
  return (
    <svg viewBox="0 0 32 32" className="size-7" aria-hidden="true">
      <path d="M7 1h18l6 6v18l-6 6H7l-6-6V7z" className="fill-good" />
      <path d="M16 7 8.5 25M16 7l7.5 18M11 19h10" fill="none" strokeWidth="2.6" className="stroke-stamp" />
    </svg>
  )
}
