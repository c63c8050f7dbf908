import { Link } from 'wouter'
import { useTitle } from '../components/useTitle'

export function NotFound() {
  useTitle('Not found')
  return (
    <div className="py-16">
      <h1 className="font-serif text-3xl">No such page</h1>
      <p className="mt-3 text-soft">
        Go to the{' '}
        <Link className="link" href="/">
          overview
        </Link>{' '}
        or to the{' '}
        <Link className="link" href="/jobs">
          list of jobs
        </Link>
        .
      </p>
    </div>
  )
}
