package main

import (
	"context"
	"net/http"
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

// mailOf returns what the page shows of a mail that waits.
func (h handler) mailOf(ctx context.Context, id string) (*mailShown, error) {
	file, err := h.requester.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	out, sure := &mailShown{Messages: []messageShown{}}, []request.Message{}
	for _, m := range file.Request.Messages {
		text, hidden := m.Words()
		if !hidden {
			sure = append(sure, m)
		}
		out.Messages = append(out.Messages, messageShown{At: m.At, Text: text, Hidden: hidden, Cut: m.Cut, Attachments: m.Attachments})
	}
	out.Suggested, _ = suggest.Right(sure)
	if file.Request.About != "" {
		about, err := h.requester.Load(ctx, file.Request.About)
		if err == nil && about.Request.Takes(file.Request, h.now()) {
			out.About = about.Request.Right
		}
	}
	return out, nil
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
