package erasure

import "time"

// tooLong is how long an erasure may take from its beginning, with its last pass, before it counts as stuck.
const tooLong = time.Hour

// stuck reports whether the erasure began too long ago for one that goes on (faults F16, F19).
func (e Erasure) stuck(now time.Time) bool { return e.State == Erasing && now.Sub(e.BegunAt) > tooLong }
