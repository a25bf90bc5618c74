package oidc

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

const (
	pause    = time.Minute      // from one fetch to the next, however many unknown keys the tokens name
	retry    = 5 * time.Second  // replaces pause if the last fetch failed and the key is unknown
	life     = time.Hour        // known keys are fetched again after it; a withdrawn key works no longer than this
	patience = 5 * time.Second  // the longest time for one fetch
	largest  = int64(512 << 10) // the most bytes of a key set that are read
)

// keys are the published keys of one issuer; each process of a function has its own. The key set of go-oidc asks the issuer again
// for each token that does not verify, so anybody who sends invented tokens could make this service flood the issuer. Therefore
// keys pauses between two fetches. It still notices a rotation: the first token with a new key triggers a fetch once the pause is
// over. Only one fetch runs at a time, and calls that need it wait.
type keys struct {
	issuer string
	now    func() time.Time

	mu      sync.Mutex
	url     string                        // of the key set; empty until the discovery document has been read
	byID    map[string][]crypto.PublicKey // by the key's id (kid)
	fetched time.Time                     // when byID was fetched
	tried   time.Time                     // when the last fetch ended
	failed  bool                          // whether the last fetch failed
}

// find returns the issuer's keys with an id, or none if the issuer has not published any. Known keys stay in use while the issuer
// does not answer. An unknown key is an error during that time, because nobody can say whether it is wrong.
func (k *keys) find(ctx context.Context, id string) ([]crypto.PublicKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	_, known := k.byID[id]
	wait := pause
	if k.failed && !known {
		wait = retry
	}
	if (!known || now.Sub(k.fetched) >= life) && now.Sub(k.tried) >= wait {
		k.fetch(ctx)
	}
	found, known := k.byID[id]
	if !known && k.failed {
		return nil, errors.New("oidc: the issuer does not answer")
	}
	return found, nil
}

// fetch reads the keys again. It continues when the request that started it ends, since other requests need its result.
func (k *keys) fetch(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	byID, err := k.load(ctx)
	// Round removes the monotonic clock reading, which may stand still while Lambda freezes the process. The pause and the life of
	// keys are measured by the wall clock.
	k.tried, k.failed = k.now().Round(0), err != nil
	if err != nil {
		slog.Warn("the keys of the tokens' issuer were not fetched", "error", fault.Class(err))
		return
	}
	k.byID, k.fetched = byID, k.tried
}

// load reads the key set. First it reads the discovery document, which names the key set, until that has succeeded once.
func (k *keys) load(ctx context.Context) (map[string][]crypto.PublicKey, error) {
	if k.url == "" {
		provider, err := oidc.NewProvider(ctx, k.issuer)
		if err != nil {
			return nil, err
		}
		var document struct {
			Keys string `json:"jwks_uri"`
		}
		if err := provider.Claims(&document); err != nil {
			return nil, err
		}
		k.url = document.Keys
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, largest))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("oidc: the issuer answered %d to the request for its key set", response.StatusCode)
	}
	return parse(body)
}

// parse returns the keys of a JWK set that can verify signatures (RFC 7517). It ignores keys of unknown kinds, as section 5 demands.
func parse(body []byte) (map[string][]crypto.PublicKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, err
	}
	byID := map[string][]crypto.PublicKey{}
	for _, text := range set.Keys {
		var key jose.JSONWebKey
		if err := key.UnmarshalJSON(text); err != nil || !key.IsPublic() || key.Use == "enc" || key.KeyID == "" {
			continue
		}
		byID[key.KeyID] = append(byID[key.KeyID], key.Key)
	}
	if len(byID) == 0 {
		return nil, errors.New("oidc: the key set has no key for signatures")
	}
	return byID, nil
}
