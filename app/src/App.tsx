import { Route, Switch } from 'wouter'
import { Layout } from './components/Layout'
import { Cases } from './pages/Cases'
import { JobDetail } from './pages/JobDetail'
import { Jobs } from './pages/Jobs'
import { NotFound } from './pages/NotFound'
import { Overview } from './pages/Overview'
import { useLiveRefresh } from './queries'

export function App() {
  useLiveRefresh()
  return (
    <Layout>
      <Switch>
        <Route path="/">
          <Overview />
        </Route>
        <Route path="/jobs">
          <Jobs />
        </Route>
        {/* Keyed, so that one job's page never shows another's while it loads. */}
        <Route path="/jobs/:address">{({ address }) => <JobDetail key={address} address={address} />}</Route>
        <Route path="/cases">
          <Cases />
        </Route>
        <Route>
          <NotFound />
        </Route>
      </Switch>
    </Layout>
  )
}
