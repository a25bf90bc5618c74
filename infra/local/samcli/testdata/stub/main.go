// Command stub stands in for SAM CLI. It listens on the given address, and answers with the request that it got and how it was started.
// It sets each cookie that it gets again.
package main

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
)

func main() {
	port := os.Args[slices.Index(os.Args, "--port")+1]
	err := http.ListenAndServe("127.0.0.1:"+port, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, cookie := range r.Cookies() {
			w.Header().Add("Set-Cookie", cookie.Name+"="+cookie.Value+"; Secure")
		}
		_, _ = fmt.Fprint(w, r.Method, " ", r.Host, " ", r.URL.RequestURI(), " ", strings.Join(os.Args[1:], " "))
	}))
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
