package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/shared/web"
)

// handled is an Invoker that runs a handler as a function does.
type handled struct{ http.Handler }

func (h handled) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, err
	}
	answer, err := web.Lambda(h)(ctx, event)
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer)
}

// G02: a session that a function sets reaches the browser as the function wrote it, and comes back with the next call, among other cookies and in
// several headers, as HTTP/2 may send them.
func TestPromise_G02_ASessionPassesInBothDirections(t *testing.T) {
	const name, value = "__Host-me", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU.1.1795428929.q3n0"
	api := serve(t, handled{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie(name); err == nil {
			web.JSON(w, http.StatusOK, c.Value)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 3600, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode})
		w.WriteHeader(http.StatusNoContent)
	})}, nil)
	set, _ := send(t, "POST", api.URL+things, "")
	if got := set.Header.Get("Set-Cookie"); got != name+"="+value+"; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Strict" {
		t.Fatalf("Set-Cookie: %s", got)
	}
	if _, body := send(t, "GET", api.URL+things+"/1", "", "Cookie", "theme=dark; "+name+"="+value, "Cookie", "b=2"); body != `"`+value+`"` {
		t.Errorf("the function sees %s", body)
	}
}
