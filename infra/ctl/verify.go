package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/erasure/certificate"
)

// maxKeySet bounds a key set, in bytes; real ones are much smaller.
const maxKeySet = 1 << 20

// verifyCommand checks a consent receipt or the certificate of an erasure against a key set. It works offline if the set is a file.
func verifyCommand() *cobra.Command {
	var keys string
	cmd := &cobra.Command{
		Use: "verify <file>", Short: "Check the signature of a consent receipt or of the certificate of an erasure, and show what it says", Args: cobra.ExactArgs(1),
		Long: `Check the signature of a consent receipt, or of the certificate of an erasure, against a set of published keys, and show what the
document says. The key set is a file or a URL; with a file, the check works offline. This command reads no table.`,
		Example: "  ctl verify certificate.jws --jwks https://privacy.helpdeskexpert.com/.well-known/jwks.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			jws, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			set, err := keySet(cmd.Context(), keys)
			if err != nil {
				return err
			}
			said, err := verified(strings.TrimSpace(string(jws)), set)
			if err != nil {
				return err
			}
			return show(cmd.OutOrStdout(), said)
		},
	}
	cmd.Flags().StringVar(&keys, "jwks", "", "the key set: a `file` or a URL")
	_ = cmd.MarkFlagRequired("jwks") // an error only for a flag that does not exist
	return cmd
}

// verified returns what a receipt or a certificate says.
func verified(jws string, set []byte) (any, error) {
	if said, err := receipt.Verify(jws, set); !errors.Is(err, receipt.ErrInvalid) {
		return said, err
	}
	return certificate.Verify(jws, set)
}

// keySet reads the set from a file, or from a URL within ten seconds.
func keySet(ctx context.Context, place string) ([]byte, error) {
	if !strings.HasPrefix(place, "https://") && !strings.HasPrefix(place, "http://localhost:") && !strings.HasPrefix(place, "http://127.0.0.1:") {
		return os.ReadFile(place)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, place, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the URL of the key set answered %d", answer.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxKeySet+1))
	if err == nil && len(text) > maxKeySet {
		err = errors.New("the key set is too long")
	}
	return text, err
}
