package mail

import (
	"errors"
	"net"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"github.com/helpdeskexpert/privacy/shared/feedback"
)

// What SES says of a mail of a bulk call, of each entry by its status or of the whole call by its error:
//
//	status of an entry                   error of the call                    verdict     reason                  what it means
//	SUCCESS                              -                                    accepted                            SES took the mail
//	MESSAGE_REJECTED, "not verified"     MessageRejected, "not verified"      blocked     not_verified            the account is in the sandbox, or the sender is not verified (any more)
//	MESSAGE_REJECTED                     MessageRejected                      refused     rejected                SES considers the mail harmful
//	INVALID_PARAMETER                    -                                    refused     invalid_parameter       SES does not take the address
//	-                                    BadRequestException                  blocked     bad_request             SES does not understand the call: a mistake of ours, or one address that it cannot read
//	ACCOUNT_THROTTLED                    TooManyRequestsException             postponed   throttled               more mails in a second than the account may send
//	ACCOUNT_DAILY_QUOTA_EXCEEDED         LimitExceededException, or "quota"   postponed   daily_quota             more mails in 24 hours than the account may send
//	TRANSIENT_FAILURE                    -                                    postponed   transient_failure       a failure of SES's own that will pass
//	FAILED                               -                                    postponed   failed                  SES could not process the entry, and gives no reason
//	-                                    (no connection)                      postponed   unreachable             the call never reached SES
//	ACCOUNT_SENDING_PAUSED               SendingPausedException               blocked     paused                  sending is paused for the account
//	CONFIGURATION_SET_SENDING_PAUSED     -                                    blocked     paused                  sending is paused for the configuration set
//	ACCOUNT_SUSPENDED                    AccountSuspendedException            blocked     suspended               SES has ended the account's sending for good, until it is appealed
//	MAIL_FROM_DOMAIN_NOT_VERIFIED        MailFromDomainNotVerifiedException   blocked     mail_from_not_verified  the sender, or the MX record of its MAIL FROM domain, is not verified
//	CONFIGURATION_SET_NOT_FOUND          NotFoundException                    blocked     no_configuration_set    the configuration set is gone
//	INVALID_SENDING_POOL_NAME            -                                    blocked     no_sending_pool         the configuration set names a pool of IP addresses that is gone
//	TEMPLATE_NOT_FOUND                   -                                    blocked     no_template             SES does not know the template; ours is in the call
//	-                                    AccessDeniedException                blocked     no_grant                the function's role may not send as this sender
//	-                                    any other below 500                  blocked     refused                 SES does not take the call
//	any other                            500 and above, or no answer          uncertain   no_answer               nobody knows whether the mail left
//
// SES's documentation spells three of the statuses in another way than its SDK does, so both spellings are known here.
var statuses = map[types.BulkEmailStatus]feedback.Answer{
	types.BulkEmailStatusSuccess:                       {Verdict: feedback.Accepted},
	types.BulkEmailStatusMessageRejected:               {Verdict: feedback.Refused, Reason: "rejected"},
	types.BulkEmailStatusInvalidParameter:              {Verdict: feedback.Refused, Reason: "invalid_parameter"},
	"INVALID_PARAMETER_VALUE":                          {Verdict: feedback.Refused, Reason: "invalid_parameter"},
	types.BulkEmailStatusAccountThrottled:              {Verdict: feedback.Postponed, Reason: "throttled"},
	types.BulkEmailStatusAccountDailyQuotaExceeded:     {Verdict: feedback.Postponed, Reason: feedback.DailyQuota},
	types.BulkEmailStatusTransientFailure:              {Verdict: feedback.Postponed, Reason: "transient_failure"},
	types.BulkEmailStatusFailed:                        {Verdict: feedback.Postponed, Reason: "failed"},
	types.BulkEmailStatusAccountSendingPaused:          {Verdict: feedback.Blocked, Reason: "paused"},
	types.BulkEmailStatusConfigurationSetSendingPaused: {Verdict: feedback.Blocked, Reason: "paused"},
	types.BulkEmailStatusAccountSuspended:              {Verdict: feedback.Blocked, Reason: "suspended"},
	types.BulkEmailStatusMailFromDomainNotVerified:     {Verdict: feedback.Blocked, Reason: "mail_from_not_verified"},
	types.BulkEmailStatusConfigurationSetNotFound:      {Verdict: feedback.Blocked, Reason: "no_configuration_set"},
	"CONFIGURATION_SET_DOES_NOT_EXIST":                 {Verdict: feedback.Blocked, Reason: "no_configuration_set"},
	types.BulkEmailStatusInvalidSendingPoolName:        {Verdict: feedback.Blocked, Reason: "no_sending_pool"},
	types.BulkEmailStatusTemplateNotFound:              {Verdict: feedback.Blocked, Reason: "no_template"},
	"TEMPLATE_DOES_NOT_EXIST":                          {Verdict: feedback.Blocked, Reason: "no_template"},
}

// errorsOfCalls is the same for the errors with which SES refuses a whole call.
var errorsOfCalls = map[string]feedback.Answer{
	"MessageRejected":                    {Verdict: feedback.Refused, Reason: "rejected"},
	"BadRequestException":                {Verdict: feedback.Blocked, Reason: feedback.BadRequest},
	"TooManyRequestsException":           {Verdict: feedback.Postponed, Reason: "throttled"},
	"ThrottlingException":                {Verdict: feedback.Postponed, Reason: "throttled"},
	"LimitExceededException":             {Verdict: feedback.Postponed, Reason: feedback.DailyQuota},
	"SendingPausedException":             {Verdict: feedback.Blocked, Reason: "paused"},
	"AccountSuspendedException":          {Verdict: feedback.Blocked, Reason: "suspended"},
	"MailFromDomainNotVerifiedException": {Verdict: feedback.Blocked, Reason: "mail_from_not_verified"},
	"NotFoundException":                  {Verdict: feedback.Blocked, Reason: "no_configuration_set"},
	"AccessDeniedException":              {Verdict: feedback.Blocked, Reason: "no_grant"},
}

// uncertain is the answer of a mail that may have left or not.
var uncertain = feedback.Answer{Verdict: feedback.Uncertain, Reason: "no_answer"}

// ofEntry reads the result of one entry.
func ofEntry(result types.BulkEmailEntryResult) feedback.Answer {
	answer, known := statuses[result.Status]
	if !known {
		return uncertain
	}
	answer.MessageID = aws.ToString(result.MessageId)
	return narrowed(answer, aws.ToString(result.Error))
}

// ofCall reads the error of a whole call, which holds for each of its mails.
func ofCall(err error) feedback.Answer {
	if neverConnected(err) {
		return feedback.Answer{Verdict: feedback.Postponed, Reason: "unreachable"}
	}
	if !refused(err) {
		return uncertain
	}
	var named smithy.APIError
	_ = errors.As(err, &named) // refused has seen that SES answered with one
	if answer, known := errorsOfCalls[named.ErrorCode()]; known {
		return narrowed(answer, named.ErrorMessage())
	}
	return feedback.Answer{Verdict: feedback.Blocked, Reason: "refused"}
}

// narrowed looks into SES's text where its status has two meanings. The text may hold an address, so nothing keeps it.
func narrowed(answer feedback.Answer, text string) feedback.Answer {
	switch {
	case answer.Reason == "rejected" && strings.Contains(text, "not verified"):
		return feedback.Answer{Verdict: feedback.Blocked, Reason: "not_verified"}
	case answer.Reason == "throttled" && strings.Contains(text, "quota"):
		return feedback.Answer{Verdict: feedback.Postponed, Reason: feedback.DailyQuota}
	}
	return answer
}

// neverConnected reports whether the call failed before there was a connection to send it on.
func neverConnected(err error) bool {
	failure, ok := errors.AsType[*net.OpError](err)
	return ok && failure.Op == "dial"
}
