package ses

import (
	"encoding/json"
	"net/http"
)

// settings are what people at a local stack read and change of an account.
type settings struct {
	State  State   `json:"state,omitempty"`
	States []State `json:"states,omitempty"` // of an answer: all there are
	*Limits
	Events *Publishing `json:"events,omitempty"`
}

// Control serves the account as JSON, {"state": "sending", "perSecond": 500, …}, at /_local/mail/account. A POST of the same shape changes what
// it names, and keeps the rest.
func (a *Account) Control() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limits, _ := a.quota.usage()
		publishing := a.publisher.settings()
		if r.Method == http.MethodPost {
			asked := settings{State: a.State(), Limits: &limits, Events: &publishing}
			err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&asked)
			if err != nil || limits.PerSecond <= 0 || limits.PerDay < 0 || !publishing.valid() || !a.Set(asked.State) {
				http.Error(w, `send {"state": …} with one of the states that GET lists, or numbers as GET shows them`, http.StatusUnprocessableEntity)
				return
			}
			a.SetLimits(limits)
			a.SetPublishing(publishing)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(settings{a.State(), States(), &limits, &publishing})
	})
}
