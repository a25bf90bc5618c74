package noticetest

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/feedback"
)

// Accounts is what an [SES] says about its account.
type Accounts struct{ *SES }

// Account implements [notice.Accounts].
func (a Accounts) Account(context.Context) (feedback.Account, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.Silent != nil {
		return feedback.Account{}, a.Silent
	}
	a.forget(a.Now())
	is := a.SES.Account
	is.Sent = a.day
	return is, nil
}
