# Printed by 'breakglass completions fish'.
complete --keep-order --exclusive --command breakglass --arguments "(_BREAKGLASS_COMPLETE=fish breakglass -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
