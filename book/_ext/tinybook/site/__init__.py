"""What surrounds the pages: addresses, navigation, assets, chapter JSON, the security policy."""
