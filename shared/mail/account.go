package mail

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/helpdeskexpert/privacy/shared/feedback"
)

// Account asks SES about the account that sends and about its sender (fault F08).
func (s *Sender) Account(ctx context.Context) (feedback.Account, error) {
	limited, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	output, err := s.client.GetAccount(limited, &sesv2.GetAccountInput{})
	if err != nil {
		return feedback.Account{}, err
	}
	account := feedback.Account{Production: output.ProductionAccessEnabled, Sending: output.SendingEnabled}
	if quota := output.SendQuota; quota != nil {
		account.PerSecond, account.PerDay, account.Sent = quota.MaxSendRate, int(quota.Max24HourSend), int(quota.SentLast24Hours)
	}
	account.Verified, err = s.verified(limited)
	return account, err
}

// verified reports whether SES sends for the sender. The verified identity may be the address, its domain or a parent domain, and only the
// operator knows which. SES answers that an identity does not exist if it is another one.
func (s *Sender) verified(ctx context.Context) (bool, error) {
	_, domain, _ := strings.Cut(s.from, "@")
	for identity := s.from; identity != ""; {
		output, err := s.client.GetEmailIdentity(ctx, &sesv2.GetEmailIdentityInput{EmailIdentity: &identity})
		if _, missing := errors.AsType[*types.NotFoundException](err); err != nil && !missing {
			return false, err
		}
		if err == nil && output.VerifiedForSendingStatus {
			return true, nil
		}
		identity = domain
		if _, domain, _ = strings.Cut(domain, "."); !strings.Contains(identity, ".") {
			return false, nil
		}
	}
	return false, nil
}
