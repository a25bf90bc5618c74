package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/gateway"
	"github.com/helpdeskexpert/privacy/infra/local/guide"
	"github.com/helpdeskexpert/privacy/infra/local/queues"
	"github.com/helpdeskexpert/privacy/infra/local/runtime"
	"github.com/helpdeskexpert/privacy/infra/local/schedules"
	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/infra/local/streams"
)

// serve opens the gateway, with the stack's own pages below /_local.
func (s *Stack) serve(ctx context.Context) error {
	if err := s.openSchedules(); err != nil {
		return err
	}
	api, err := s.routes(ctx)
	if err != nil {
		return err
	}
	local := s.local(api)
	s.gate.open(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/_local" || strings.HasPrefix(r.URL.Path, "/_local/") {
			local.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	}))
	return nil
}

// routes serves the API's routes. The gateway does it, unless the options name something else.
func (s *Stack) routes(ctx context.Context) (http.Handler, error) {
	if s.options.API == nil {
		return s.gateway()
	}
	path, err := s.writeEnvironment()
	if err != nil {
		return nil, err
	}
	return s.options.API(ctx, path)
}

// gateway gives each route of the template its function, with CORS and limits as declared.
func (s *Stack) gateway() (*gateway.Gateway, error) {
	api := s.template.API
	cors, err := s.template.CORS(s.lookup)
	if err != nil {
		return nil, err
	}
	o := gateway.Options{
		Routes: map[string]gateway.Invoker{}, RouteLimits: map[string]gateway.Limit{}, Domain: "localhost", Now: s.options.Now, Access: s.access,
		Limit: gateway.Limit{Rate: api.RateLimit, Burst: api.BurstLimit},
		CORS:  gateway.CORS{Origins: cors.AllowOrigins, Methods: cors.AllowMethods, Headers: cors.AllowHeaders, ExposeHeaders: cors.ExposeHeaders, MaxAge: cors.MaxAge},
	}
	for key, limit := range api.RouteLimits {
		o.RouteLimits[key] = gateway.Limit{Rate: limit.Rate, Burst: limit.Burst}
	}
	for _, f := range s.template.Functions {
		for _, route := range f.Routes {
			o.Routes[route.Key] = s.functions[f.LogicalID]
		}
	}
	return gateway.New(o)
}

// access writes the access log, which names routes and never paths.
func (s *Stack) access(a gateway.Access) {
	key := a.RouteKey
	if key == "$default" || key == "-" {
		key = a.Method + " " + key
	}
	line := fmt.Sprintf("%d %s %v", a.Status, key, a.Latency.Round(time.Millisecond))
	if a.Failure != "" {
		line += " " + a.Failure
	}
	s.options.Console.Line("gateway", line)
}

// local serves what exists only on this machine. A page of another site, or of a foreign host name that points to this machine, cannot reach it.
func (s *Stack) local(api http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/_local/system/", http.StripPrefix("/_local/system", asSystem(api)))
	mux.Handle("GET /_local/notices/{version}", s.asStaff(asSystem(api)))
	mux.Handle("/_local/oauth/", s.issuer.Handler("/_local/oauth"))
	mux.Handle("/_local/mail", ses.Inbox(s.mailbox, "/_local"))
	mux.Handle("/_local/mail/account", s.account.Control())
	mux.Handle("/_local/mail/fates", s.account.Fates())
	mux.Handle("/_local/mail/events", s.account.Events())
	mux.Handle("/_local/mail/", ses.Inbox(s.mailbox, "/_local"))
	mux.Handle("/_local/mail.json", ses.Inbox(s.mailbox, "/_local"))
	mux.HandleFunc("POST /_local/schedules/{id}", s.fire)
	mux.HandleFunc("POST /_local/mail/reports", s.reported)
	mux.Handle("POST /_local/mail/inbound", s.receiving)
	mux.HandleFunc("POST /_local/functions/{id}", s.invoke)
	mux.HandleFunc("POST /_local/restart", s.restart)
	mux.HandleFunc("GET /_local/ready", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ready\n")) })
	mux.Handle("/_local/", guide.Handler("/_local", s.URL))
	guarded := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil || host != "localhost" && host != "127.0.0.1" && host != "::1" && host != s.options.Containers.Host {
			http.Error(w, "this address is for the machine itself", http.StatusForbidden)
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		guarded.ServeHTTP(w, r)
	})
}

// asSystem passes a request of the start page on as if one of the company's systems had sent it: without an origin or anything else of a browser.
func asSystem(api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name := range r.Header {
			if name == "Origin" || name == "Referer" || strings.HasPrefix(name, "Sec-") {
				r.Header.Del(name)
			}
		}
		api.ServeHTTP(w, r)
	})
}

// asStaff passes a request of the start page for a notice campaign on with a token that may read it.
func (s *Stack) asStaff(api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _, err := s.issuer.Token("notices.manage")
		if err != nil {
			http.Error(w, "the issuer of tokens failed", http.StatusInternalServerError)
			return
		}
		staff := r.Clone(r.Context())
		staff.URL = &url.URL{Path: "/v1/notices/" + r.PathValue("version")}
		staff.RequestURI = staff.URL.RequestURI()
		staff.Header.Set("Authorization", "Bearer "+token)
		w.Header().Set("Cache-Control", "no-store")
		api.ServeHTTP(w, staff)
	})
}

// invoke passes an event, such as those in the folder events, to a function unchanged, and answers with the function's result.
func (s *Stack) invoke(w http.ResponseWriter, r *http.Request) {
	function, ok := s.functions[r.PathValue("id")]
	if !ok {
		http.Error(w, "template.yaml has no such function", http.StatusNotFound)
		return
	}
	event, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 6<<20))
	if err != nil {
		http.Error(w, "an event has 6 MB at most", http.StatusRequestEntityTooLarge)
		return
	}
	result, err := function.Invoke(r.Context(), event)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(result)
}

// reported takes a report about a mail, as SES would send it, and puts it into the queue.
func (s *Stack) reported(w http.ResponseWriter, r *http.Request) {
	event, err := io.ReadAll(http.MaxBytesReader(w, r.Body, queues.MaxMessage))
	if err != nil {
		http.Error(w, "a report has 256 kB at most", http.StatusRequestEntityTooLarge)
		return
	}
	switch err := s.enqueue(event); {
	case errors.Is(err, queues.ErrMessage):
		http.Error(w, "a report is text without control characters", http.StatusUnprocessableEntity)
	case err != nil:
		http.Error(w, "the report was not kept", http.StatusInternalServerError)
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

// fire invokes a schedule's function now and answers with its result.
func (s *Stack) fire(w http.ResponseWriter, r *http.Request) {
	result, err := s.schedules.Fire(r.Context(), r.PathValue("id"))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	var failed *runtime.Error
	switch {
	case errors.Is(err, schedules.ErrUnknown):
		w.WriteHeader(http.StatusNotFound)
		_ = json.NewEncoder(w).Encode(map[string]string{"message": "template.yaml has no such schedule"})
	case errors.As(err, &failed):
		w.WriteHeader(http.StatusBadGateway)
		_ = json.NewEncoder(w).Encode(failed)
	case err != nil:
		w.WriteHeader(http.StatusServiceUnavailable)
		_ = json.NewEncoder(w).Encode(map[string]string{"message": "the function could not be started"})
	default:
		_, _ = w.Write(result)
	}
}

// openSchedules connects each schedule with its function. The retries are the function's, because the scheduler only hands the event over.
func (s *Stack) openSchedules() error {
	var list []schedules.Schedule
	for _, f := range s.template.Functions {
		retries := 2 // Lambda's own for events
		if v := f.Properties.Get("EventInvokeConfig", "MaximumRetryAttempts"); v.Exists() {
			retries = v.Int()
		}
		for _, one := range f.Schedules {
			list = append(list, schedules.Schedule{Schedule: one, Function: s.functions[f.LogicalID], Retries: retries})
		}
	}
	var err error
	s.schedules, err = schedules.New(list, s.options.Now, s.failures)
	return err
}

// follow starts what invokes functions by itself: schedules, queues and streams.
func (s *Stack) follow(ctx context.Context) error {
	s.running.Go(func() { s.schedules.Run(ctx) })
	s.running.Go(func() { s.account.Run(ctx) })
	for _, f := range s.template.Functions {
		for _, source := range f.Sources {
			m := &queues.Mapping{Source: source, Queue: s.queues[source.Queue], Function: s.functions[f.LogicalID]}
			s.running.Go(func() { m.Run(ctx) })
		}
	}
	if s.options.NoStreams {
		return nil
	}
	client := dynamodbstreams.New(dynamodbstreams.Options{Region: engine.Region, BaseEndpoint: aws.String(s.engine.Endpoint),
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
	for _, f := range s.template.Functions {
		for _, stream := range f.Streams {
			m, err := streams.New(streams.Mapping{Stream: stream, Table: stream.Table, Function: s.functions[f.LogicalID], Client: client,
				Dir: s.options.Data + "/streams", Failures: s.failures, Log: func(line string) { s.options.Console.Line("streams", line) }})
			if err != nil {
				return err
			}
			s.running.Go(func() { m.Run(ctx) })
		}
	}
	return nil
}
