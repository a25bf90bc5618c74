package stack

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Containers says how functions that run in containers reach this machine. The zero value: none do.
type Containers struct {
	Host   string // the name or address they know it by
	Bridge string // an address of this machine to listen on for them, besides loopback; "" where the engine forwards to loopback
}

// listener opens a port on loopback, and the same one for containers.
func (s *Stack) listener(port int) ([]net.Listener, error) {
	first, err := loopback(port)
	if err != nil || s.options.Containers.Bridge == "" {
		return []net.Listener{first}, err
	}
	port = first.Addr().(*net.TCPAddr).Port
	second, err := net.Listen("tcp", net.JoinHostPort(s.options.Containers.Bridge, strconv.Itoa(port)))
	if err != nil {
		return nil, errors.Join(err, first.Close())
	}
	return []net.Listener{first, second}, nil
}

// engineEndpoint returns the address at which the functions find the engine, which itself listens only on loopback.
func (s *Stack) engineEndpoint() (string, error) {
	if s.recorder == nil && s.options.Containers.Bridge == "" {
		return s.engine.Endpoint, nil
	}
	target, err := url.Parse(s.engine.Endpoint)
	if err != nil {
		return "", err
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	if s.recorder != nil {
		return s.service(s.recorder.DynamoDB(proxy))
	}
	return s.service(proxy)
}

// issuerURL returns the URL of the issuer of machine tokens, under a name that the verifiers can reach.
func (s *Stack) issuerURL() string {
	origin := s.URL
	if host := s.options.Containers.Host; host != "" {
		origin = "http://" + net.JoinHostPort(host, strconv.Itoa(s.options.Port))
	}
	return origin + "/_local/oauth"
}

// writeEnvironment writes the variables of every function, for containers, as `sam local --env-vars` reads them.
func (s *Stack) writeEnvironment() (path string, err error) {
	all := map[string]map[string]string{}
	for _, f := range s.template.Functions {
		environment, err := s.environment(f)
		if err != nil {
			return "", err
		}
		all[f.LogicalID] = map[string]string{}
		for _, variable := range environment {
			name, value, _ := strings.Cut(variable, "=")
			// A function that answers HTTP calls never calls S3. It only signs URLs, and those are for the browser, which can reach only loopback.
			if strings.HasPrefix(name, "AWS_ENDPOINT_URL_") && (name != "AWS_ENDPOINT_URL_S3" || len(f.Routes) == 0) {
				value = strings.Replace(value, "//127.0.0.1:", "//"+s.options.Containers.Host+":", 1)
			}
			all[f.LogicalID][name] = value
		}
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return "", err
	}
	path = filepath.Join(s.options.Data, "env.json")
	return path, os.WriteFile(path, text, 0o600)
}
