package main

import (
	"strings"

	"github.com/helpdeskexpert/privacy/shared/notice"
)

// audiences says after the kind of a version who is told about it.
var audiences = map[string]string{
	"significant":       ": everybody whose account data is stored is told",
	"business_transfer": ": everybody whose email address is stored is told",
}

// states says what each state means.
var states = map[notice.State]string{
	notice.Scheduled: "it has not started yet",
	notice.Running:   "it is mailing everybody for the first time",
	notice.Blocked:   "it cannot go on; it tries again each minute",
	notice.Paused:    "somebody stopped it for a while",
	notice.Following: "everybody was mailed once; each day it mails those who became known since",
	notice.Finished:  "it is over",
	notice.Cancelled: "somebody ended it for good",
	notice.Before:    "the version was in force before the service first ran, so nobody is told",
}

// reasons says what some reasons mean. Those that are missing explain themselves.
var reasons = map[notice.Reason]string{
	notice.Sandbox:       "the SES account is in the sandbox, so it may send only to verified addresses: ask AWS for production access",
	notice.SendingPaused: "the SES account or its configuration set may not send: see the SES console",
	notice.Unverified:    "SES has not verified the sender's identity",
	notice.QuotaTooSmall: "the daily quota of SES is too small to finish before the deadline: ask AWS for a larger one",
	notice.NoLetter:      "the letter about this version cannot be written: `ctl notices preview` says why",
	notice.NoAccount:     "SES did not say what the account may do",
	notice.QuotaUsed:     "its share of the day's quota of SES is used up; it goes on by itself",
	notice.NoAddress:     "no address on record any more",
	notice.Unmailable:    "an address that no mail can ever reach",
	notice.Bounced:       "the mail came back",
	notice.Returned:      "the mail came back, or only an absence note did",
	notice.Rejected:      "SES refused to send the mail",
	notice.NotRendered:   "SES took the mail and then could not write it",

	// what SES answers to a call, as package mail words it
	"paused":                 "the SES account or its configuration set may not send: see the SES console",
	"suspended":              "AWS has suspended the SES account: see the SES console",
	"not_verified":           "SES has not verified the sender, or the account is in the sandbox",
	"mail_from_not_verified": "SES has not verified the MAIL FROM domain",
	"no_configuration_set":   "there is no such configuration set",
	"no_grant":               "these credentials may not send mail",
	"throttled":              "more mails a second than the account may send",
	"daily_quota":            "more mails a day than the account may send",
	"invalid_parameter":      "SES cannot read the address",
	"unreachable":            "SES could not be reached",
}

// reason says what a reason means, or writes it as words.
func reason(r notice.Reason) string {
	if words, known := reasons[r]; known {
		return words
	}
	return strings.ReplaceAll(string(r), "_", " ")
}
