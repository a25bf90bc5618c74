package received

import (
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/inbound"
)

// Each sign of a machine is seen, and what only looks like one is not: the mail of a person must be answered.
func TestMachinesAreRecognised(t *testing.T) {
	for header, want := range map[string]inbound.Machine{
		"X-Privacy-Service: 1": inbound.Own, "x-privacy-service:": inbound.Own, "X-Privacy-Service: no": inbound.Own,
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b": inbound.Report, "Content-Type: message/delivery-status": inbound.Report,
		"Return-Path: <>": inbound.Report, "Return-Path:  <> ": inbound.Report, "Return-Path: <a@example.org>\r\nReturn-Path: <>": inbound.Report, "X-Failed-Recipients: x@example.net": inbound.Report,
		"Return-Path: <anna.lee@example.org>": "", "Return-Path: ": "", "Content-Type: multipart/mixed; boundary=b; report-type=delivery-status": "",
		"Auto-Submitted: auto-replied": inbound.Automatic, "Auto-Submitted: auto-generated (by a program)": inbound.Automatic, "AUTO-SUBMITTED: auto-notified; x=y": inbound.Automatic, "Auto-Submitted: yes": inbound.Automatic, "Auto-Submitted:": inbound.Automatic,
		"Auto-Submitted: no": "", "Auto-Submitted: No (a person)": "", "Auto-Submitted:no;x=y": "", "Auto-Submitted: no\r\nAuto-Submitted: auto-replied": inbound.Automatic,
		"X-Autoreply: yes": inbound.Automatic, "X-Autoreply: no": "", "X-Autorespond: Re: you": inbound.Automatic, "X-Autoresponder: 1": inbound.Automatic, "Precedence: auto_reply": inbound.Automatic, "Precedence: Auto-Reply": inbound.Automatic,
		"X-Auto-Response-Suppress: All": "", "X-Auto-Response-Suppress: OOF, DR": "", "Subject: Automatic reply: away": "", "Precedence: first-class": "", "Precedence: normal": "",
		"List-Id: <x.example>": inbound.List, "List-Post: NO": inbound.List, "list-unsubscribe: <https://x.example>": inbound.List, "List-Help: x": inbound.List, "Precedence: bulk": inbound.List, "Precedence: LIST": inbound.List, "Precedence: junk (x)": inbound.List,
		"Feedback-ID: 1:x": "", "Feedback-ID: 1:x\r\nList-Unsubscribe: <mailto:x@example.org>": inbound.List, "X-List-Id: <x.example>": "", "Listen: to me": "",
		"List-Id: <x.example>\r\nAuto-Submitted: auto-replied": inbound.Automatic, "Auto-Submitted: auto-replied\r\nReturn-Path: <>": inbound.Report, "Return-Path: <>\r\nX-Privacy-Service: 1": inbound.Own,
		"X-Filler: x\r\n X-Privacy-Service: 1": "", "": "",
	} {
		mail := "From: anna.lee@example.org\r\n" + header + "\r\n\r\nHello\r\n"
		if header == "" {
			mail = "From: anna.lee@example.org\r\n\r\nX-Privacy-Service: 1\r\nAuto-Submitted: auto-replied\r\n"
		}
		if got := Read(strings.NewReader(mail)).Machine; got != want {
			t.Errorf("%q: %q, not %q", header, got, want)
		}
	}
}

func TestDaemonsAreRecognisedByTheirAddress(t *testing.T) {
	for from, want := range map[string]inbound.Machine{
		"MAILER-DAEMON@example.net": inbound.Report, "Mail <mailer-daemon@example.net>": inbound.Report, "Postmaster@example.net": inbound.Report, "MAILER-DAEMON": inbound.Report, "MAILER-DAEMON (Mail System)": inbound.Report,
		"postmaster-anna@example.net": "", "anna.mailer-daemon@example.net": "", `"MAILER-DAEMON" <anna@example.org>`: "", "anna@postmaster.example": "", "noreply@example.net": "", "": "",
	} {
		if got := Read(strings.NewReader("From: " + from + "\r\n\r\nHello\r\n")).Machine; got != want {
			t.Errorf("%q: %q, not %q", from, got, want)
		}
	}
}
