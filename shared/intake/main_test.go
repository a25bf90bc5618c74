package intake

import (
	"log/slog"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // tests cut walks off on purpose, and each says so
	os.Exit(m.Run())
}
