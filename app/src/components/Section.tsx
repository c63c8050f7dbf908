import { type ReactNode, useId } from 'react'

/** A ruled part of the report: its name in the margin, its content beside it (below it on a narrow page). */
export function Section({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="grid gap-x-8 gap-y-4 border-t border-rule py-8 lg:grid-cols-[10rem_minmax(0,1fr)]">
      <div>
        <h2 id={id} className="font-serif text-lg leading-snug">
          {title}
        </h2>
        {note && <div className="mt-1 text-sm text-soft">{note}</div>}
      </div>
      <div className="min-w-0">{children}</div>
    </section>
  )
}
