package main

import (
	"net/http"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/request/suggest"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// mailShown is a mail to the privacy address that waits until its sender says what they mean by it. Its words are shown only to whoever has proven the
// address, and only if the domain of the sender vouches for the sender: otherwise a stranger may have written them (threat T32).
type mailShown struct {
	Messages  []messageShown `json:"messages"` // oldest first
	Suggested privacy.Right  `json:"suggested,omitempty"`
	About     privacy.Right  `json:"about,omitempty"` // of the request that it seems to answer
}

type messageShown struct {
	At          time.Time `json:"at"`
	Text        string    `json:"text"`
	Hidden      bool      `json:"hidden,omitempty"` // nothing vouches for the sender, so the words are not shown
	Cut         bool      `json:"cut,omitempty"`    // some of the words are missing
	Attachments int       `json:"attachments,omitempty"`
}

// mailOf returns what the page shows of a mail that waits. All are the requests behind the mailbox: the mail is one of them, and so is the request that
// it answers, if it can be added to one.
func mailOf(id string, all []request.Request, now time.Time) *mailShown {
	mail := all[slices.IndexFunc(all, func(r request.Request) bool { return r.ID == id })]
	out, sure := &mailShown{Messages: []messageShown{}}, []request.Message{}
	for _, m := range mail.Messages {
		text, hidden := m.Words()
		if !hidden {
			sure = append(sure, m)
		}
		out.Messages = append(out.Messages, messageShown{At: m.At, Text: text, Hidden: hidden, Cut: m.Cut, Attachments: m.Attachments})
	}
	out.Suggested, _ = suggest.Right(sure)
	if i := slices.IndexFunc(all, func(r request.Request) bool { return r.Takes(mail, now) }); i >= 0 {
		out.About = all[i].Right
	}
	return out
}

// chosenShown is what became of a mail once its sender has said what they mean by it.
type chosenShown struct {
	summary
	Statement string `json:"statement,omitempty"` // how the policy answers a question about automated decisions
}

// choose says what a mail means, and confirms that. What nobody has to prove takes effect before the answer (promises H06, H10).
func (h handler) choose(w http.ResponseWriter, r *http.Request, who holder, filing request.Filing) error {
	chosen, err := h.requester.Choose(r.Context(), r.PathValue("id"), who.session.Proof(), filing)
	if err != nil {
		return err
	}
	chosen = h.atOnce(r.Context(), chosen)
	web.JSON(w, http.StatusOK, chosenShown{summarise(chosen), h.statement(chosen.Right)})
	return nil
}
