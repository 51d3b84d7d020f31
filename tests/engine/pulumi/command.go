//go:build tools

// Package engine pins the Pulumi command line that the suite of ../ runs against the simulated account.
package engine

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
