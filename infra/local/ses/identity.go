package ses

import (
	"encoding/json"
	"net/http"
	"strings"
)

// describe answers GetAccount.
func (a *Account) describe(w http.ResponseWriter, _ *http.Request) {
	state := a.State()
	if state == Failing {
		refusals[Failing].answer(w)
		return
	}
	standing := "HEALTHY"
	if state == Suspended {
		standing = "SHUTDOWN"
	}
	limits, sent := a.quota.usage()
	if state == OverQuota {
		sent = limits.PerDay
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"ProductionAccessEnabled": state != Sandbox, "SendingEnabled": state != Paused && state != Suspended, "EnforcementStatus": standing,
		"SendQuota":             map[string]float64{"Max24HourSend": float64(limits.PerDay), "MaxSendRate": limits.PerSecond, "SentLast24Hours": float64(sent)},
		"SuppressionAttributes": map[string][]string{"SuppressedReasons": {"BOUNCE", "COMPLAINT"}},
	})
}

// identity answers GetEmailIdentity. The one identity of the account is the domain of the sender, as in most accounts.
func (a *Account) identity(w http.ResponseWriter, r *http.Request) {
	state := a.State()
	_, domain, _ := strings.Cut(a.options.Sender, "@")
	switch {
	case state == Failing:
		refusals[Failing].answer(w)
		return
	case r.PathValue("identity") != domain:
		refusal{http.StatusNotFound, "NotFoundException", "Email identity does not exist."}.answer(w)
		return
	}
	verified, status := true, "SUCCESS"
	if state == UnverifiedSender {
		verified, status = false, "PENDING"
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"IdentityType": "DOMAIN", "VerifiedForSendingStatus": verified, "VerificationStatus": status, "FeedbackForwardingStatus": true,
	})
}
