package received

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/inbound"
)

// ErrIgnored is the error of [ParseNotification] if nothing follows from a message: SES tries the topic out, or no mail was stored.
var ErrIgnored = errors.New("received: nothing follows from the message")

// tried is how the text begins, which is no JSON, that SES publishes once, when a rule with the topic is created.
const tried = "Successfully validated SNS topic"

// notification is what SES publishes about a mail that its rule has stored ("Notifications for Amazon SES email receiving"). Only what this service reads is
// here. It has the addresses of people, so it is never logged.
type notification struct {
	Type    string `json:"notificationType"`
	Receipt struct {
		Timestamp time.Time `json:"timestamp"`
		Spam      verdict   `json:"spamVerdict"`
		Virus     verdict   `json:"virusVerdict"`
		SPF       verdict   `json:"spfVerdict"`
		DKIM      verdict   `json:"dkimVerdict"`
		DMARC     verdict   `json:"dmarcVerdict"`
		Action    struct {
			Type      string `json:"type"`
			ObjectKey string `json:"objectKey"`
		} `json:"action"`
	} `json:"receipt"`
	Mail struct {
		Source *string `json:"source"` // the address of the envelope; empty for a bounce
	} `json:"mail"`
}

type verdict struct {
	Status inbound.Verdict `json:"status"`
}

// known returns the verdict, or nothing for one that is none: a verdict is logged.
func (v verdict) known() inbound.Verdict {
	switch v.Status {
	case inbound.Pass, inbound.Fail, inbound.Gray:
		return v.Status
	default:
		return ""
	}
}

// ParseNotification reads what SES has published about a mail that arrived. It returns [ErrIgnored] for a message from which nothing follows, and another
// error for one that it cannot read. No error repeats anything of the message.
func ParseNotification(message []byte) (inbound.Arrival, error) {
	if strings.HasPrefix(strings.TrimSpace(string(message)), tried) {
		return inbound.Arrival{}, ErrIgnored
	}
	var n notification
	if err := json.Unmarshal(message, &n); err != nil {
		return inbound.Arrival{}, fmt.Errorf("received: the message is no notification of SES: %T", err)
	}
	switch r := n.Receipt; {
	case n.Type == "AMAZON_SES_SETUP_NOTIFICATION" || n.Type == "Received" && r.Action.Type != "" && r.Action.Type != "S3":
		return inbound.Arrival{}, ErrIgnored
	case n.Type != "Received" || r.Action.Type == "" || r.Action.ObjectKey == "" || r.Timestamp.IsZero():
		return inbound.Arrival{}, errors.New("received: the message is no notification of SES: a member is missing")
	default:
		source := ""
		if n.Mail.Source != nil {
			source = strings.Trim(*n.Mail.Source, "<> ")
		}
		return inbound.Arrival{
			Object: r.Action.ObjectKey, At: r.Timestamp.UTC().Truncate(time.Second), Bounce: n.Mail.Source != nil && source == "",
			Verdicts: inbound.Verdicts{Spam: r.Spam.known(), Virus: r.Virus.known(), SPF: r.SPF.known(), DKIM: r.DKIM.known(), DMARC: r.DMARC.known()},
		}, nil
	}
}
