package ses

import (
	"embed"
	"encoding/json"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
)

//go:embed inbox.html inbox.js
var files embed.FS

// inboxPage is an html/template, so that everything in a mail is escaped.
var inboxPage = template.Must(template.ParseFS(files, "inbox.html"))

// inboxPolicy lets the inbox load its own style and script, show mails in frames, ask for new ones, send its form, and nothing else.
const inboxPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// mostShown is how many mails the page shows. A campaign sends more than a browser can show.
const mostShown = 200

// Inbox returns the pages that show the mailbox below prefix, such as /_local: the inbox at /mail, newer mails for it at /mail/new,
// with ?write=… or ?to=<id> its form open, for a new mail or a reply; one mail's HTML at /mail/{id}, one mail as a file at /mail/{id}.eml, and everything as JSON at /mail.json. A mail may contain anything, so the inbox shows it in a
// frame that runs nothing, loads nothing, and opens links in a new tab.
func Inbox(box *Mailbox, prefix string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+prefix+"/mail.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		list(w, box.All())
	})
	mux.HandleFunc("GET "+prefix+"/mail/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, asFile := strings.CutSuffix(r.PathValue("id"), ".eml")
		m, ok := box.Find(id)
		if !ok {
			http.NotFound(w, r)
			return
		}
		if asFile {
			serveEML(w, m)
			return
		}
		w.Header().Set("Content-Security-Policy", "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Referrer-Policy", "no-referrer")
		_, _ = w.Write([]byte(`<base target="_blank">` + m.HTML))
	})
	mux.HandleFunc("GET "+prefix+"/mail", func(w http.ResponseWriter, r *http.Request) {
		asked := r.URL.Query()
		p := view{Prefix: prefix, Open: asked.Has("write"), Sent: asked.Get("sent") != ""}
		if m, ok := box.Find(asked.Get("to")); ok {
			p.Write, p.Open = replying(m), true
		}
		render(w, http.StatusOK, "inbox.html", p, box.All())
	})
	mux.HandleFunc("GET "+prefix+"/mail/new", func(w http.ResponseWriter, r *http.Request) {
		mails, ok := box.After(r.URL.Query().Get("after"))
		if !ok || len(mails) > mostShown {
			w.WriteHeader(http.StatusGone) // the page loads itself again
			return
		}
		render(w, http.StatusOK, "mails", view{Prefix: prefix}, mails)
	})
	mux.HandleFunc("GET "+prefix+"/mail/inbox.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, files, "inbox.js")
	})
	return mux
}

// list writes the mails as a JSON array, one after the other, so that all of them are never in memory as text.
func list(w io.Writer, mails []Mail) {
	encoder := json.NewEncoder(w)
	separator := "["
	for _, m := range mails {
		_, _ = io.WriteString(w, separator)
		if encoder.Encode(m) != nil {
			return // the reader has gone
		}
		separator = ","
	}
	if len(mails) == 0 {
		_, _ = io.WriteString(w, separator)
	}
	_, _ = io.WriteString(w, "]\n")
}

// view is what the template shows.
type view struct {
	Prefix  string
	Mails   []Mail
	Total   int
	Write   draft  // what the form has in its fields
	Open    bool   // the form is unfolded
	Problem string // what is wrong with the form
	Sent    bool   // a mail was just sent with it
}

// render renders the template with the newest mails, newest first; they are passed oldest first.
func render(w http.ResponseWriter, status int, template string, p view, mails []Mail) {
	p.Total = len(mails)
	p.Mails = mails[max(p.Total-mostShown, 0):]
	slices.Reverse(p.Mails)
	w.Header().Set("Content-Security-Policy", inboxPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = inboxPage.ExecuteTemplate(w, template, p)
}
