package sam_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every source of a function is below CodeUri, by links, so that `sam build` can never use a stale one from its cache. Nothing
// there changes during a build.
func TestTheCacheOfSAMBuildSeesEverySource(t *testing.T) {
	for _, root := range []string{"functions", "shared"} {
		err := filepath.WalkDir(filepath.Join("../..", root), func(path string, entry fs.DirEntry, err error) error {
			inside := strings.TrimPrefix(path, "../../")
			if inside == "shared/pages/node_modules" || inside == "shared/pages/dist" {
				if _, err := os.Lstat(filepath.Join("_code", inside)); err == nil {
					t.Errorf("%s changes while sam builds", inside)
				}
				return fs.SkipDir
			}
			if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") {
				return err
			}
			if _, err := os.Stat(filepath.Join("_code", inside)); err != nil {
				t.Errorf("%s is not below CodeUri: run `sh infra/sam/link.sh`", inside)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"module": "go.mod", "sums": "go.sum", "rules": "Makefile", "architecture.sh": "infra/sam/architecture.sh"} {
		if to, err := filepath.EvalSymlinks(filepath.Join("_code", link)); err != nil || to != filepath.Join("../..", target) && to != filepath.Base(target) {
			t.Errorf("%s leads to %s, %v", link, to, err)
		}
	}
	err := filepath.WalkDir("_code", func(path string, _ fs.DirEntry, err error) error {
		if _, gone := os.Stat(path); gone != nil {
			t.Errorf("%s leads nowhere: run `sh infra/sam/link.sh`", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if uri := load(t).Globals.Get("CodeUri").Text(); uri != "infra/sam/_code" {
		t.Errorf("CodeUri is %q", uri)
	}
}
