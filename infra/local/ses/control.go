package ses

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
)

// longestSetting is the most octets that people at a local stack send to change a setting.
const longestSetting = 1 << 10

// settings are what people at a local stack read and change of an account.
type settings struct {
	State  State   `json:"state,omitempty"`
	States []State `json:"states,omitempty"` // of an answer: all there are
	*Limits
}

// Control serves the account as JSON, {"state": "sending", "perSecond": 500, …}, at /_local/mail/account. A POST of the same shape changes what
// it names, and keeps the rest.
func (a *Account) Control() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limits, _ := a.quota.usage()
		if r.Method == http.MethodPost {
			asked := settings{State: a.State(), Limits: &limits}
			if !setting(w, r, &asked) || limits.PerSecond <= 0 || limits.PerDay < 0 || !a.Set(asked.State) {
				http.Error(w, `send {"state": …} with one of the states that GET lists, or numbers as GET shows them`, http.StatusUnprocessableEntity)
				return
			}
			a.SetLimits(limits)
		}
		display(w, settings{a.State(), States(), &limits})
	})
}

// Events serves how reliably events arrive, {"seconds": 0, "twice": 0, "lost": 0}, at /_local/mail/events. A POST of the same shape changes
// what it names, and keeps the rest.
func (a *Account) Events() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		publishing := a.publisher.settings()
		if r.Method == http.MethodPost {
			if !setting(w, r, &publishing) || !publishing.valid() {
				http.Error(w, `send {"seconds": …, "twice": …, "lost": …}: at most a day, and shares whose sum is at most 1`, http.StatusUnprocessableEntity)
				return
			}
			a.SetPublishing(publishing)
		}
		display(w, publishing)
	})
}

// Fates serves what becomes of mails, at /_local/mail/fates: a POST of {"address": …, "fate": …} sets the fate of one address.
func (a *Account) Fates() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			var asked struct {
				Address string `json:"address"`
				Fate    Fate   `json:"fate"`
			}
			understood := setting(w, r, &asked)
			address, ok := bare(asked.Address)
			if !understood || !ok || !slices.Contains(Fates(), asked.Fate) {
				http.Error(w, `send {"address": …, "fate": …} with an address in ASCII and one of the fates that GET lists`, http.StatusUnprocessableEntity)
				return
			}
			a.SetFate(address, asked.Fate)
		}
		display(w, map[string]any{"fates": Fates(), "addresses": a.fates.all()})
	})
}

// setting reads a setting into the value, which keeps what the request does not name. It returns false if the request holds anything else.
func setting(w http.ResponseWriter, r *http.Request, into any) bool {
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestSetting))
	body.DisallowUnknownFields()
	if body.Decode(into) != nil {
		return false
	}
	_, err := body.Token()
	return errors.Is(err, io.EOF)
}

// display answers with a setting.
func display(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(value)
}
