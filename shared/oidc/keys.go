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
	pause    = time.Minute      // from one fetch to the next, however many unknown keys are named meanwhile
	retry    = 5 * time.Second  // in place of it, when a fetch failed and the key is not known
	life     = time.Hour        // after which known keys are fetched again: a key that the issuer withdrew ends by then
	patience = 5 * time.Second  // with the issuer, for one fetch
	largest  = int64(512 << 10) // bytes of a key set that are read
)

// keys are the published keys of one issuer. The key set of go-oidc asks the issuer again for each token that does not verify, so anybody who
// sends invented tokens could make this service flood the issuer. This one pauses between two fetches. It still notices a rotation: the first
// token with a new key sets off a fetch once the pause is over. Each process of a function has one. One fetch runs at a time, and calls that
// need it wait.
type keys struct {
	issuer string
	now    func() time.Time

	mu      sync.Mutex
	url     string                        // of the key set; empty until the discovery document was read
	byID    map[string][]crypto.PublicKey // by the key's id (kid)
	fetched time.Time                     // when byID was
	tried   time.Time                     // when the last fetch ended
	failed  bool                          // that fetch
}

// find returns the issuer's keys with an id, none if it has published none. Keys that are known are used for as long as the issuer does not
// answer. For an unknown one that is an error: nobody can say then whether it is wrong.
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

// fetch reads the keys anew. It outlives the request that set it off, since other requests need its result.
func (k *keys) fetch(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	byID, err := k.load(ctx)
	// Without the monotonic reading, which may stand still while Lambda freezes the process: the pause and the life are times of the wall clock.
	k.tried, k.failed = k.now().Round(0), err != nil
	if err != nil {
		slog.Warn("the keys of the tokens' issuer were not fetched", "error", fault.Class(err))
		return
	}
	k.byID, k.fetched = byID, k.tried
}

// load reads the discovery document, until that has succeeded once, and the key set that it names.
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
		return nil, fmt.Errorf("oidc: the key set is answered by %d", response.StatusCode)
	}
	return parse(body)
}

// parse returns the keys of a JWK set that can verify signatures (RFC 7517). It passes over keys of kinds that it does not know, as section 5 asks.
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
		return nil, errors.New("oidc: the key set holds no key for signatures")
	}
	return byID, nil
}
