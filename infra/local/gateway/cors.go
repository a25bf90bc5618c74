package gateway

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CORS is what API Gateway itself answers to browsers. Once it is configured, API Gateway ignores the functions' own CORS headers.
type CORS struct {
	Origins       []string
	Methods       []string
	Headers       []string
	ExposeHeaders []string
	MaxAge        time.Duration
}

// preflight reports whether the request is a browser's preflight, which no function sees.
func (c CORS) preflight(r *http.Request) bool {
	return len(c.Origins) > 0 && r.Method == http.MethodOptions &&
		r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// allow answers a preflight: 204, with the rules only for an origin that is allowed.
func (c CORS) allow(w http.ResponseWriter, r *http.Request) int {
	if c.allowed(r.Header.Get("Origin")) {
		h := w.Header()
		h.Set("Access-Control-Allow-Methods", strings.Join(c.Methods, ","))
		h.Set("Access-Control-Allow-Headers", strings.Join(c.Headers, ","))
		h.Set("Access-Control-Max-Age", strconv.Itoa(int(c.MaxAge.Seconds())))
	}
	w.WriteHeader(http.StatusNoContent)
	return http.StatusNoContent
}

// answer sets the headers of every response to an allowed origin.
func (c CORS) answer(h http.Header, origin string) {
	if !c.allowed(origin) {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if len(c.ExposeHeaders) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(c.ExposeHeaders, ","))
	}
}

// allowed compares origins byte for byte, as browsers send them.
func (c CORS) allowed(origin string) bool {
	return origin != "" && slices.Contains(c.Origins, origin)
}
