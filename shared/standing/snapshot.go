package standing

import "time"

// Snapshot is a state as a store read it, with the counters by which the store checks a change. A store refuses a change that was decided on
// an outdated snapshot (fault F15).
type Snapshot struct {
	State
	Version   int64     // grows with every change of the state
	Accounts  int64     // grows with every change of the state or of an account record
	ExpiresAt time.Time // when nothing of the subject is stored any more; zero while something has no end
	Since     time.Time // when the subject became known or, if that was later, when their contract was last renewed; zero if it was not noted
	Aliases   []string  // every alias of the subject, so that aliases and state expire together
	Shared    []string  // those of them that others use too, or did until their data expired; once joined, those that both used
	Left      []string  // the aliases of addresses that were taken away from the subject not long ago
	Primary   string    // the alias of the address that mail to everybody goes to; empty without an address
}
