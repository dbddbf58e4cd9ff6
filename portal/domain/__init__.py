"""Pure rules of the portal: values in, values out."""
